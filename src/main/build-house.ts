/** Builds the House: what only main can do. Each part is loaded on first use and shares the custody of the run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GlobalOptions, Settings } from '../config.js';
import type { RekeyWork } from '../custody/rekey.js';
import type { House, InnerInput, Outsider, Profiles } from '../house.js';
import { makeFolder } from '../make-folder.js';
import { pathRefused } from '../opening/locked-mode.js';
import { isProfileName } from '../rules/table-profile.js';
import type { Run } from './begin-run.js';
import { writeWhole } from './files.js';
import { suggestedName } from './machine.js';

interface Given {
  readonly options: GlobalOptions;
  readonly progress: RekeyWork['progress'];
}

export function buildHouse(run: Run, given: Given): House {
  const { around, dataFolder, version } = run;
  const { options } = given;
  const { now, node, env } = around;
  const phrasebook = async () => {
    const { openPhrasebook } = await import('../opening/open-wordbook.js');
    return openPhrasebook((await run.custody(options)).policy, dataFolder);
  };
  return {
    version,
    node,
    now,
    dataFolder,
    profiles: openProfiles(dataFolder, () => run.settings(options)),
    userName: suggestedName({ env }, existsSync(around.machine.lock.path)),
    refuseSecondDesk: async () =>
      (await import('../opening/open-desk.js')).refuseSecondDesk(await run.settings(options)),
    establish: async () => {
      const { establishDesk } = await import('../opening/open-desk.js');
      const founded = await establishDesk(await run.custody(options));
      run.opened.desk = Promise.resolve(founded.desk);
      return founded;
    },
    ...besides(around, run.dataFolder),
    outsider,
    phrasebook,
    founding: async () => {
      const { equalDigests, hmacSha1 } = await import('../crypto/digests.js');
      const { deskName } = await run.settings(options);
      return { ...(await phrasebook()), name: deskName, now, digests: { equal: equalDigests, hmacSha1 } };
    },
    appCode: async (secretBase32, stepsBack) => {
      const { codeAt } = await import('../factors/totp.js');
      const { hmacSha1 } = await import('../crypto/digests.js');
      const settings = (await run.custody(options)).policy.limits.totp;
      return codeAt(secretBase32, now(), { stepsBack, hmacSha1, settings });
    },
    readPolicy: async (folder) => (await import('../opening/load-policy.js')).loadPolicy(folder),
    migrateStore: async (choice) => {
      const { migrateStore } = await import('../custody/migrate-store.js');
      return migrateStore(await run.custody(options), choice);
    },
    restoreStore: async (file, given) => {
      const { restoreStore } = await import('../custody/restore-store.js');
      return restoreStore(await run.custody(options), file, given);
    },
    ...keyCareOf(run, given),
    inspect: async () => {
      const { inspectSetup } = await import('../custody/doctor/inspect-setup.js');
      return inspectSetup(() => run.custody(options), node);
    },
  };
}

/** Other commands of this process, and a place for what they make. */
const besides = ({ run, hand, servePages, folders }: Run['around'], dataFolder: string) => ({
  run: (argv: readonly string[], given: InnerInput = {}) => run(argv, given),
  hand,
  servePages,
  startExample: async (name: string, args: readonly string[]) =>
    (await import('./example-program.js')).startExample(join(dataFolder, 'examples', name), args),
  temporaryFolder: async () => folders.make(),
  shipped: (path: string) => readFileSync(join(dataFolder, path), 'utf8'),
});

function keyCareOf(run: Run, { options, progress }: Given): Pick<House, 'rekeyStore' | 'sealKey' | 'openKeyBackup'> {
  const { signal } = run.around;
  const room = () => import('../custody/key-care.js');
  return {
    rekeyStore: async (signed) => {
      const { rekey } = await import('../custody/rekey.js');
      return rekey(await run.settings(options), await run.desk(options), { signed, progress, signal });
    },
    sealKey: async (passphrase) => (await room()).sealKey(await run.settings(options), passphrase),
    openKeyBackup: async (...asked) => (await room()).openBackup(await run.settings(options), ...asked),
  };
}

async function outsider(keys: readonly string[]): Promise<Outsider> {
  const { verifySignedNote } = await import('../crypto/signer.js');
  const { treeHasher: tree } = await import('../crypto/digests.js');
  return { open: (note) => verifySignedNote(note, keys), tree };
}

/** Profiles of tables: those that come with countersign, and the desk's own in its config folder. Part of main's room. */
function openProfiles(dataFolder: string, settings: () => Promise<Settings>): Profiles {
  const shipped = join(dataFolder, 'profiles');
  const own = async () => join((await settings()).folders.config, 'profiles');
  const namesIn = (folder: string) =>
    (existsSync(folder) ? readdirSync(folder) : []).map((file) => file.replace(/\.json$/, '')).filter(isProfileName);
  return {
    names: async () => [...namesIn(shipped), ...namesIn(await own())].sort(),
    read: async (name) => {
      const place = [shipped, await own()].find((folder) => namesIn(folder).includes(name));
      return place === undefined ? undefined : readFileSync(join(place, `${name}.json`), 'utf8');
    },
    save: async (name, text) => {
      if (namesIn(shipped).includes(name)) return undefined;
      const file = join(await own(), `${name}.json`);
      const { lockedBy } = await settings();
      if (lockedBy !== undefined) throw pathRefused(file, lockedBy);
      makeFolder(await own());
      writeWhole(file, text);
      return file;
    },
  };
}
