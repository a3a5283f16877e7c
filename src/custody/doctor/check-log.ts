/** Did this desk write the head of the log, does it match the anchor, and is this machine's clock behind it? */
import type { Finding } from '../../house.js';
import { inspectAnchor } from '../../opening/anchor.js';
import { sealedByDesk } from '../../procedures/log/log-reader.js';
import { faultOf, type OpenedStore, type StoreCheck } from './check.js';

export const checkLog: StoreCheck = {
  subject: 'Audit log',
  look: inspectLog,
};

async function inspectLog(opened: OpenedStore): Promise<readonly Finding[]> {
  const { store, custody } = opened;
  const { notary, policy } = custody;
  const head = await store.read.audit.head();
  if (head === undefined || !sealedByDesk(notary, head)) {
    const text = 'the head of the log was not written by this desk';
    return [{ subject: 'Audit log', state: 'wrong', text, mend: 'countersign audit verify' }];
  }
  const log = [
    { subject: 'Audit log', state: 'ok', text: `${head.size} entries; the head of the log is valid` } as const,
    await inspectAnchorOf(opened),
  ];
  const behind = head.latestAt - custody.now();
  if (behind <= policy.limits.clock.toleranceSeconds * 1000)
    return [...log, { subject: 'Clock', state: 'ok', text: 'this machine is not behind the log' }];
  const text = `${Math.round(behind / 1000)} s behind the latest entry of the log; codes fail and locks do not expire`;
  return [...log, { subject: 'Clock', state: 'wrong', text, mend: 'set the clock of this machine' }];
}

async function inspectAnchorOf({ store, custody }: OpenedStore): Promise<Finding> {
  const subject = 'Anchor of the log';
  const { path, known, fault } = await inspectAnchor(custody.settings, {
    store,
    notary: custody.notary,
    keyring: custody.keyring,
  });
  if (fault !== undefined) return faultOf(subject, fault);
  if (known !== undefined) return { subject, state: 'ok', text: `${known.size} entries recorded in ${path}` };
  const text = `${path} does not exist yet; the next command that opens the desk writes it`;
  return { subject, state: 'note', text };
}
