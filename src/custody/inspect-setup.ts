/**
 * Facts for `doctor`: what is set up, what is not, and the command that mends each. Part of main's room. Needs no working
 * store and nobody signed in; each check stands alone, so one that fails does not hide the next. Changes nothing.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config.js';
import { openHasher } from '../crypto/hasher.js';
import { readDeliveryConfig } from '../delivery/registry.js';
import type { Finding } from '../house.js';
import { loadPolicy } from '../opening/load-policy.js';
import { keyPlace, readKeyring } from '../opening/master-key.js';
import { faultOf } from './fault-of-setup.js';
import { inspectDesk } from './inspect-desk.js';

export interface InspectionTools {
  readonly dataFolder: string;
  readonly now: () => number;
  /** Version of Node, as `v20.19.0`. */
  readonly node: string;
}

export async function inspectSetup(
  settings: () => Promise<Settings>,
  tools: InspectionTools,
): Promise<readonly Finding[]> {
  const found = [inspectNode(tools.node), await inspectHashing(), await inspectSqlite()];
  let known: Settings;
  try {
    known = await settings();
  } catch (error) {
    return [...found, faultOf('Config file', error)];
  }
  const policyFolder = known.policyFolder ?? tools.dataFolder;
  return [
    ...found,
    inspectConfig(known),
    ...inspectFolders(known),
    inspectPolicy(policyFolder),
    inspectKey(known),
    inspectDelivery(known),
    ...(await inspectDesk(known, { policyFolder, now: tools.now })),
  ];
}

/** Node 20.19 is the first that loads what countersign needs. */
function inspectNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return { subject: 'Node', state: 'ok', text: version };
  return {
    subject: 'Node',
    state: 'wrong',
    text: `${version} is too old`,
    mend: 'install Node 20.19 or newer',
  };
}

/** A small hash, to see that the compiled package loads and works. */
async function inspectHashing(): Promise<Finding> {
  try {
    const hasher = openHasher({ person: { m: 64, t: 1, p: 1 } });
    const { matches } = await hasher.verify('person', await hasher.hash('person', 'doctor'), 'doctor');
    if (matches) return { subject: 'Hashing', state: 'ok', text: 'argon2id works' };
    return { subject: 'Hashing', state: 'wrong', text: 'argon2id gives wrong answers', mend: 'npm ci' };
  } catch (error) {
    return { ...faultOf('Hashing', error), mend: 'npm ci' };
  }
}

async function inspectSqlite(): Promise<Finding> {
  try {
    const { sqliteVersion } = await import('../store/engines/sqlite.js');
    return { subject: 'SQLite', state: 'ok', text: await sqliteVersion() };
  } catch (error) {
    return { ...faultOf('SQLite', error), mend: 'npm ci' };
  }
}

function inspectConfig(settings: Settings): Finding {
  const path = join(settings.folders.config, 'config.toml');
  const used = Object.keys(settings.file).length > 0;
  const text = used ? `read; it sets ${Object.keys(settings.file).join(', ')}` : `none (${path}); the defaults hold`;
  return { subject: 'Config file', state: 'ok', text };
}

function inspectFolders({ folders, dataFolder }: Settings): readonly Finding[] {
  const places = [
    ['Data folder', dataFolder],
    ['Config folder', folders.config],
    ['Session folder', folders.state],
  ] as const;
  return places.map(([subject, folder]) => {
    const facts = statSync(folder, { throwIfNoEntry: false });
    if (facts === undefined) return { subject, state: 'note', text: `${folder} is made when it is needed` };
    const mode = facts.mode & 0o777;
    if ((mode & 0o077) === 0) return { subject, state: 'ok', text: folder };
    return {
      subject,
      state: (mode & 0o022) === 0 ? 'note' : 'wrong',
      text: `others can ${(mode & 0o022) === 0 ? 'look into' : 'write'} ${folder} (mode ${mode.toString(8)})`,
      mend: `chmod 700 '${folder}'`,
    };
  });
}

function inspectPolicy(folder: string): Finding {
  try {
    const policy = loadPolicy(folder);
    return { subject: 'Policy', state: 'ok', text: `${policy.actions.length} protected actions, from ${folder}` };
  } catch (error) {
    return faultOf('Policy', error);
  }
}

function inspectKey(settings: Settings): Finding {
  try {
    const { keyId } = readKeyring(settings);
    return { subject: 'Master key', state: 'ok', text: `${keyPlace(settings)} (key ${keyId})` };
  } catch (error) {
    const missing = 'file' in settings.key && !existsSync(settings.key.file);
    if (missing && settings.engine === 'sqlite' && !existsSync(settings.store)) {
      return {
        subject: 'Master key',
        state: 'missing',
        text: `none at ${keyPlace(settings)}`,
        mend: 'countersign init',
      };
    }
    return faultOf('Master key', error, missing ? 'missing' : 'wrong');
  }
}

/** Only what the settings say: nothing is sent and no server is spoken to. */
function inspectDelivery({ file, deskName }: Settings): Finding {
  try {
    const { channels } = readDeliveryConfig(file, deskName);
    const text = Object.entries(channels).map(([kind, { settings }]) => `${kind} by ${settings.channel}`);
    return { subject: 'Delivery', state: 'ok', text: text.join(', ') };
  } catch (error) {
    return faultOf('Delivery', error);
  }
}
