/**
 * `doctor`: checks the installation and names the command that fixes each fault. Needs no working store and no sign-in, and changes nothing.
 * Each check is one file and needs no other. Part of main's room.
 */
import type { Finding } from '../../house.js';
import type { Custody } from '../../opening/open-custody.js';
import { faultOf, orFault, type SetupCheck } from './check.js';
import { checkConfig } from './check-config.js';
import { checkConnectors } from './check-connectors.js';
import { checkDelivery } from './check-delivery.js';
import { checkFolders } from './check-folders.js';
import { checkHashing } from './check-hashing.js';
import { checkKey } from './check-key.js';
import { checkPerson } from './check-person.js';
import { checkPolicy } from './check-policy.js';
import { checkSqlite } from './check-sqlite.js';
import { inspectStore } from './inspect-store.js';

/** In the order in which they are shown. The checks that need no settings come before these. */
const CHECKS: readonly SetupCheck[] = [
  checkConfig,
  checkPerson,
  checkFolders,
  checkPolicy,
  checkKey,
  checkDelivery,
  checkConnectors,
];

/** `node` is the version of Node, as `v20.19.0`. */
export async function inspectSetup(custody: () => Promise<Custody>, node: string): Promise<readonly Finding[]> {
  const found: Finding[] = [inspectNode(node), ...(await checkHashing()), ...(await checkSqlite())];
  let opened: Custody;
  try {
    opened = await custody();
  } catch (error) {
    return [...found, faultOf('Config file', error)];
  }
  for (const { subject, look } of CHECKS) found.push(...(await orFault(subject, () => look(opened))));
  return [...found, ...(await inspectStore(opened))];
}

/** Node 20.19 is the oldest version that loads what countersign needs. */
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
