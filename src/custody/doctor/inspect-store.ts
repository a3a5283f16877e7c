/** The part of `doctor` that opens the store: is there a desk, is it intact, does it need attention? */
import { isRefusal } from '../../errors.js';
import type { Finding } from '../../house.js';
import type { Custody } from '../../opening/open-custody.js';
import { openEngine } from '../../opening/open-desk.js';
import type { Engine } from '../../store/engine.js';
import { openStore, requireCurrent, unchecked } from '../../store/store.js';
import { faultOf, type OpenedStore, orFault, type StoreCheck } from './check.js';
import { checkAcceptedPolicy } from './check-accepted-policy.js';
import { checkAdmins } from './check-admins.js';
import { checkAlarms } from './check-alarms.js';
import { checkChannels } from './check-channels.js';
import { checkClearCodes } from './check-clear-codes.js';
import { checkKeyBackup } from './check-key-backup.js';
import { checkLog } from './check-log.js';
import { checkOutbox } from './check-outbox.js';
import { checkPages } from './check-pages.js';
import { checkPhones } from './check-phones.js';
import { checkSink } from './check-sink.js';
import { checkStoreKey } from './check-store-key.js';
import { checkTables } from './check-tables.js';

const CHECKS: readonly StoreCheck[] = [
  checkStoreKey,
  checkAcceptedPolicy,
  checkKeyBackup,
  checkLog,
  checkTables,
  checkOutbox,
  checkSink,
  checkChannels,
  checkClearCodes,
  checkAdmins,
  checkPhones,
  checkPages,
  checkAlarms,
];

/** Findings about the store, its key, its log, the clock, the outbox and the admins. Skips the checks that need something that is missing. */
export async function inspectStore(custody: Custody): Promise<readonly Finding[]> {
  let engine: Awaited<ReturnType<typeof openEngine>>;
  try {
    engine = await openEngine(custody.settings.store, false);
  } catch (error) {
    const none = isRefusal(error) && /^there is no store/.test(error.message);
    return [faultOf('Store', error, none ? 'missing' : 'wrong')];
  }
  try {
    await requireCurrent(engine);
    const found: Finding = { subject: 'Store', state: 'ok', text: `${engine.place} (${engine.name})` };
    if (!hasKeyAndPolicy(custody)) return [found];
    const own = custody.boundTo((await unchecked(engine, 'store-id')) ?? '');
    return [found, ...(await forgets(engine)), ...(await inspectContents(engine, own))];
  } catch (error) {
    const refusal = engine.refusalOf(error) ?? error;
    const unreachable = isRefusal(refusal) && refusal.code === 'store-unreachable';
    return [faultOf('Store', refusal, unreachable ? 'missing' : 'wrong')];
  } finally {
    await engine.close();
  }
}

/** Destroyed secrets must leave the store's own log file too; commands do not say so if that failed (T25). */
async function forgets(engine: Engine): Promise<readonly Finding[]> {
  try {
    await engine.forgetDeleted();
    return [];
  } catch (error) {
    const finding = faultOf('Store', engine.refusalOf(error) ?? error);
    return [{ ...finding, text: `destroyed secrets may still be in its log file: ${finding.text}` }];
  }
}

/** If key or policy cannot be read, another finding already says so. */
function hasKeyAndPolicy(custody: Custody): boolean {
  try {
    return custody.notary !== undefined;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function inspectContents(engine: Engine, custody: Custody): Promise<readonly Finding[]> {
  const keyId = await unchecked(engine, 'key-id');
  if (keyId === undefined)
    return [
      { subject: 'Desk', state: 'missing', text: 'the setup of the desk was not finished', mend: 'countersign init' },
    ];
  if (!custody.keyring.has(keyId)) {
    const mend = 'name the right key with --key-file or COUNTERSIGN_KEY_FILE';
    return [
      {
        subject: 'Key of the store',
        state: 'wrong',
        text: `the store uses key ${keyId}, which is not in the key file`,
        mend,
      },
    ];
  }
  const opened: OpenedStore = { store: openStore(engine, custody.notary), custody, keyId };
  const found: Finding[] = [];
  for (const { subject, look } of CHECKS) found.push(...(await orFault(subject, () => look(opened))));
  return found;
}
