/** The checks of `doctor` that ask what countersign stands on: Node, its time zones, and packages that are compiled for each machine. */
import { openHasher } from '../../crypto/hasher.js';
import type { Finding } from '../../house.js';
import { faultOf } from './check.js';

/** `node` is the version of Node, as `v20.19.0`. */
export const inspectMachine = async (node: string): Promise<readonly Finding[]> => [
  inspectNode(node),
  ...inspectZone(),
  await inspectPackage('Hashing', tryHashing),
  await inspectPackage('SQLite', async () => (await import('../../store/engines/sqlite.js')).sqliteVersion()),
];

/** A zone that Node does not know is UTC, or hours off, on every screen, and in each time that is typed. */
function inspectZone(): readonly Finding[] {
  if (new Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined) return [];
  const text = 'TZ is no name of a time zone that Node knows, so times on screens and typed times can be hours off';
  return [{ subject: 'Time zone', state: 'note', text, mend: 'set TZ to a name such as Europe/Berlin' }];
}

/** Node 20.19 is the oldest version that loads what countersign needs. */
function inspectNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return { subject: 'Node', state: 'ok', text: version };
  return { subject: 'Node', state: 'wrong', text: `${version} is too old`, mend: 'install Node 20.19 or newer' };
}

/** Does a compiled package load and work? */
async function inspectPackage(subject: string, attempt: () => Promise<string>): Promise<Finding> {
  try {
    return { subject, state: 'ok', text: await attempt() };
  } catch (error) {
    return { mend: 'npm rebuild', ...faultOf(subject, error) };
  }
}

/** Makes a small hash. */
async function tryHashing(): Promise<string> {
  const hasher = openHasher({ person: { m: 64, t: 1, p: 1 } });
  const { matches } = await hasher.verify('person', await hasher.hash('person', 'doctor'), 'doctor');
  if (!matches) throw new Error('argon2id gives wrong answers');
  return 'argon2id works';
}
