/**
 * Locked mode (T17): a config file that belongs to root and says `locked = true`. Then store, key, policy and channels come from this file
 * alone, and what the person who types would choose instead is refused, not ignored: they would believe that it counts. Part of main's room.
 */
import { accessSync, constants, existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigFile, Environment, Folders, GlobalOptions, Settings } from '../config.js';
import { foldersIn, settingsIn } from '../config.js';
import { Refusal } from '../errors.js';
import { isThere } from '../make-folder.js';

export interface Lock {
  /** The config file of the machine. */
  readonly path: string;
  /** Uid that must own it: root. Tests name their own. */
  readonly owner: number;
}

const SUDO = 'Run countersign as its service account, for instance: sudo -u countersign countersign …';

/** The folders, unless the file names others. HOME and XDG_* choose none. */
const FOLDERS: Folders = {
  data: '/var/lib/countersign/data',
  config: '/var/lib/countersign/config',
  state: '/var/lib/countersign/state',
};

/** Only root can have put a file into this folder; a file or a folder that others can write is no lock, and nothing else counts either. */
export function requireOwned({ path, owner }: Lock): void {
  for (const place of [path, dirname(path)]) {
    const { uid, mode } = statSync(place);
    if (uid === owner && (mode & 0o022) === 0) continue;
    const why = uid === owner ? `others can write it (mode ${(mode & 0o777).toString(8)})` : `its owner is not root`;
    throw new Refusal('config', `${place} is not safe: ${why}`, {
      hint: `As root: chown root '${place}' && chmod go-w '${place}'`,
    });
  }
}

/** The text of the machine's file; undefined if there is none. Refusal `config` if it is not root's, or cannot be read. */
export function readLockText(lock: Lock): string | undefined {
  try {
    // A link whose target is away for a moment opens nothing.
    if (lstatSync(lock.path, { throwIfNoEntry: false }) === undefined) return undefined;
    requireOwned(lock);
    return readFileSync(lock.path, 'utf8');
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('config', `the settings of this machine (${lock.path}) cannot be read`, { hint: SUDO, cause });
  }
}

export function lockedSettings(env: Environment, file: ConfigFile, { path }: Lock): Settings {
  const folder = dirname(path);
  const folders = { ...FOLDERS, ...foldersIn(file, folder) };
  const token = { COUNTERSIGN_TOKEN: env['COUNTERSIGN_TOKEN'] };
  const none = { store: undefined, keyFile: undefined };
  return { ...settingsIn(none, token, file, { configFolder: folder, folders }), lockedBy: path };
}

/** What root makes in the folders of an account, the account cannot read; and who may not enter them would take the desk for missing. */
export function requireAccount({ data, config, state }: Folders, uid: number | undefined): void {
  for (const folder of [data, config, state]) {
    if (uid === 0 && ownerOf(folder) !== 0)
      throw new Refusal('config', `root does not run this desk: ${lowest(folder)} is of another account`, {
        hint: SUDO,
      });
    try {
      if (folder !== state) accessSync(lowest(folder), constants.X_OK);
    } catch (cause) {
      const give = `As root, give it to the service account: chown -R ACCOUNT '${folder}'`;
      const hint = ownerOf(folder) === 0 ? give : SUDO;
      throw new Refusal('config', `this account may not enter ${folder}`, { hint, cause });
    }
  }
}

/** Undefined where it is hidden from this account. */
function ownerOf(folder: string): number | undefined {
  try {
    return statSync(lowest(folder)).uid;
  } catch {
    return undefined;
  }
}

/** The folder, or the nearest one above it that is there. */
const lowest = (folder: string): string =>
  isThere(folder) || dirname(folder) === folder ? folder : lowest(dirname(folder));

const FROM_FILE_ONLY = { '--config': 'config', '--store': 'store', '--key-file': 'keyFile' } as const;

/** Ours, and those with which the PostgreSQL driver chooses another server or file: PGHOST, PGPASSFILE … */
const CHOOSES = /^(COUNTERSIGN_|PG[A-Z]+$)/i;

/** Refuses options and variables that would choose settings. */
export function refuseTyped({ path }: Lock, options: GlobalOptions, env: Environment): void {
  const typed = Object.entries(FROM_FILE_ONLY).flatMap(([flag, name]) => (options[name] === undefined ? [] : [flag]));
  const carried = Object.keys(env).filter(
    (name) => CHOOSES.test(name) && name !== 'COUNTERSIGN_TOKEN' && env[name] !== '',
  );
  const [first] = [...typed, ...carried];
  if (first === undefined) return;
  throw refused(first, path, `Leave ${first} out. Only root can change the settings of this machine.`);
}

/** Refuses settings in a home: their owner believes that they count, and the mail server in them, for instance, would not be used. */
export function refuseHome({ path }: Lock, files: readonly string[]): void {
  const found = files.find((file) => file !== path && existsSync(file));
  if (found === undefined) return;
  throw refused(found, path, `Move what is needed into ${path}, then remove ${found}.`);
}

const refused = (what: string, path: string, hint: string): Refusal =>
  new Refusal('config', `${what} is refused: the settings of this machine are locked, and only ${path} sets them`, {
    hint,
  });

/** Why a path that somebody types is refused. */
export const pathRefused = (path: string, lockedBy: string): Refusal =>
  new Refusal('config', `${path} is refused: the settings of this machine are locked (${lockedBy})`, {
    hint: 'Nobody names files of this machine. Use - for standard input or output where the option allows it.',
  });
