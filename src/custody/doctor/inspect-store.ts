/** The part of `doctor` that opens the store: is there a desk, is it intact, does it need attention? */
import { isRefusal } from '../../errors.js';
import type { Finding } from '../../house.js';
import type { Custody } from '../../opening/open-custody.js';
import { openEngine } from '../../opening/open-desk.js';
import type { Engine } from '../../store/engine.js';
import { openStore, requireCurrent, unchecked } from '../../store/store.js';
import { faultOf, found } from './check.js';
import { STORE_CHECKS } from './store-checks.js';

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
    const opened: Finding = { subject: 'Store', state: 'ok', text: `${engine.place} (${engine.name})` };
    if (!hasKeyAndPolicy(custody)) return [opened];
    const own = custody.boundTo((await unchecked(engine, 'store-id')) ?? '');
    return [opened, ...(await forgets(engine)), ...(await inspectContents(engine, own))];
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
  return found(STORE_CHECKS, { store: openStore(engine, custody.notary), custody, keyId });
}
