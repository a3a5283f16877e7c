/** Did this desk write the head of the log, does it match the anchor, and is this machine's clock behind it? */
import type { Finding } from '../../house.js';
import { inspectAnchor } from '../../opening/anchor.js';
import { sealedByDesk } from '../../procedures/log/log-reader.js';
import { hours } from '../../rules/duration.js';
import { minuteOf } from '../../rules/moment.js';
import type { AuditHead } from '../../store/queries/audit.js';
import { faultOf, type OpenedStore, type StoreCheck } from './check.js';

export const checkLog: StoreCheck = {
  subject: 'Audit log',
  look: inspectLog,
};

async function inspectLog(opened: OpenedStore): Promise<readonly Finding[]> {
  const { store, custody } = opened;
  const { notary } = custody;
  const head = await store.read.audit.head();
  if (head === undefined || !sealedByDesk(notary, head)) {
    const text = 'the head of the log was not written by this desk';
    return [{ subject: 'Audit log', state: 'wrong', text, mend: 'countersign audit verify' }];
  }
  const log = [
    { subject: 'Audit log', state: 'ok', text: `${head.size} entries; the head of the log is valid` } as const,
    await inspectAnchorOf(opened),
  ];
  return [...log, clockOf(opened, head)];
}

/** This machine's clock, or with PostgreSQL the server's, beside the log (B87). */
function clockOf({ custody, store }: OpenedStore, { latestAt, serverAt = null }: AuditHead): Finding {
  const subject = 'Clock';
  const ofServer = custody.clockAsGiven === true ? null : serverAt;
  const whose = ofServer === null ? "this machine's clock" : "the database server's clock";
  const at = ofServer ?? custody.now();
  const { toleranceSeconds, silenceHours } = custody.policy.limits.clock;
  const says = `${whose} says ${minuteOf(at)}, the log of the desk goes up to ${minuteOf(latestAt)}`;
  if (latestAt - at > toleranceSeconds * 1000) {
    const text = `${says}; codes fail and locks do not expire`;
    const mend = 'set that clock; if it is right, another machine was wrong: countersign store clock';
    return { subject, state: 'wrong', text, mend };
  }
  if (store.engine === 'sqlite' && latestAt > 0 && at - latestAt > hours(silenceHours)) {
    const mend = 'set that clock; if it is right, confirm the silence: countersign store clock';
    return { subject, state: 'wrong', text: `${says}; nothing can be written`, mend };
  }
  return { subject, state: 'ok', text: `${whose} fits the log` };
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
