/** What `doctor` looks at in a store that opens: key, policy, log, tables, messages, people. Each changes nothing and needs no other. */
import { join } from 'node:path';
import { alarmLine, englishAt } from '../../commands/wording/words.js';
import type { Settings } from '../../config.js';
import { readDeliveryConfig } from '../../delivery/registry.js';
import { isRefusal } from '../../errors.js';
import { inspectAnchor } from '../../opening/anchor.js';
import { notAccepted, readPin } from '../../opening/pinned-policy.js';
import { soundingAlarms } from '../../procedures/calls/alarms.js';
import { readKeyBackupNote } from '../../procedures/upkeep/care-for-store.js';
import { hours, minutes } from '../../rules/duration.js';
import { iso, minuteOf } from '../../rules/moment.js';
import { tableFault } from '../../rules/table-fault.js';
import type { AuditHead } from '../../store/queries/audit.js';
import { type Checks, faultOf, type OpenedStore, type Told } from './check.js';
import { inspectPages } from './pages-check.js';

/** In the order in which they are shown. */
export const STORE_CHECKS: Checks<OpenedStore> = {
  'Key of the store': inspectKeys,
  'Accepted policy': inspectPin,
  'Backup of the key': inspectKeyBackup,
  'Audit log': inspectLog,
  Tables: inspectTables,
  Outbox: inspectOutbox,
  'Sink of the log': inspectSink,
  Channels: inspectChannels,
  Codes: inspectClearCodes,
  'Other systems': inspectOtherSystems,
  Admins: inspectAdmins,
  Imports: inspectImports,
  'Phone numbers': inspectPhones,
  "Customers' pages": inspectPages,
  Alarms: inspectAlarms,
};

/** Does the store use the newest key? */
function inspectKeys({ keyId, custody }: OpenedStore): readonly Told[] {
  const newest = custody.keyring.keyId;
  if (keyId === newest) return [{ state: 'ok', text: `uses the newest key (${keyId})` }];
  const text = `uses key ${keyId}; the change to key ${newest} is not finished`;
  return [{ state: 'note', text, mend: 'countersign store rekey' }];
}

/** Has the desk accepted the policy that the settings name (B79)? */
async function inspectPin({ store, custody }: OpenedStore): Promise<readonly Told[]> {
  const pin = await readPin(custody, store);
  if (!pin.accepted) return [faultOf('Accepted policy', notAccepted(pin))];
  const own = pin.pinned === pin.offered.hash;
  return [{ state: 'ok', text: own ? `the policy in ${pin.offered.source}` : 'the one that comes with countersign' }];
}

/** Was the key of the store ever backed up? Does not try the backup, because doctor does not ask for its passphrase. */
async function inspectKeyBackup({ store, keyId }: OpenedStore): Promise<readonly Told[]> {
  const note = readKeyBackupNote(await store.read.meta.get('key-backup'));
  if (note?.keyId !== keyId) {
    const text = `key ${keyId} has no backup: if you lose the key, you lose every passphrase and factor`;
    return [{ state: 'note', text, mend: 'countersign key backup FILE' }];
  }
  return [{ state: 'ok', text: `made ${iso(note.at)}; test it with: countersign key restore FILE --check` }];
}

/** Did this desk write the head of the log, does it match the anchor, and is this machine's clock behind it? */
async function inspectLog(opened: OpenedStore): Promise<readonly Told[]> {
  const { store, custody } = opened;
  const head = await store.read.audit.head();
  if (head === undefined || !custody.notary.headFits(head)) {
    const text = 'the head of the log was not written by this desk';
    return [{ state: 'wrong', text, mend: 'countersign audit verify' }];
  }
  const valid = { state: 'ok', text: `${head.size} entries; the head of the log is valid` } as const;
  return [valid, await inspectAnchorOf(opened), inspectClock(opened, head)];
}

async function inspectAnchorOf({ store, custody }: OpenedStore): Promise<Told> {
  const subject = 'Anchor of the log';
  const { path, known, fault } = await inspectAnchor(custody, store, custody.notary);
  if (fault !== undefined) return faultOf(subject, fault);
  if (known !== undefined) return { subject, state: 'ok', text: `${known.size} entries recorded in ${path}` };
  const text = `${path} does not exist yet; the next command that opens the desk writes it`;
  return { subject, state: 'note', text };
}

/** This machine's clock, or with PostgreSQL the server's, beside the log (B87). */
function inspectClock({ custody, store }: OpenedStore, { latestAt, serverAt = null }: AuditHead): Told {
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

/** Are the rows of every table those that the desk wrote last (B86)? */
async function inspectTables({ store }: OpenedStore): Promise<readonly Told[]> {
  let rows = 0;
  const faults = await store.tableFaults((count) => {
    rows += count;
  });
  if (faults.length === 0) return [{ state: 'ok', text: `${rows} rows are those that the desk wrote` }];
  const mend = 'keep the store as it is and tell your lead; a backup shows the original rows';
  return faults.map((fault) => ({ state: 'wrong', text: tableFault(fault), mend }));
}

/** Are messages queued, or did some fail for good? */
async function inspectOutbox({ store }: OpenedStore): Promise<readonly Told[]> {
  const counts = await store.read.outbox.counts();
  const [queued, lost] = [counts['queued'] ?? 0, counts['given-up'] ?? 0];
  if (queued + lost === 0) return [{ state: 'ok', text: 'no message is queued' }];
  const mend = queued > 0 ? 'countersign outbox flush' : 'countersign outbox list --state given-up';
  return [{ state: 'note', text: `${queued} queued, ${lost} given up`, mend }];
}

/** Does the sink accept the log, and how many entries wait for it? Nothing if no sink is set. */
async function inspectSink({ store, custody: { settings } }: OpenedStore): Promise<readonly Told[]> {
  if (settings.file.sink === undefined) return [];
  const { readSinkConfig } = await import('../../delivery/sink-registry.js');
  readSinkConfig(settings.file);
  const { next, why } = await store.sinkCursor.read();
  const waiting = ((await store.read.audit.head())?.size ?? 0) - next;
  if (why === null) return [{ state: 'ok', text: `${next} entries sent, ${waiting} waiting` }];
  const mend = 'fix the sink; a minute after it failed, the next command sends the waiting entries';
  return [{ state: 'wrong', text: `${waiting} entries wait: ${why}`, mend }];
}

/** Is a webhook switched off, because its receiver asked for no more messages (procedures/messages/channel-switch)? */
async function inspectChannels({ store }: OpenedStore): Promise<readonly Told[]> {
  const stored = await store.read.meta.get('channels-off');
  if (stored === undefined) return [];
  const kinds = Object.keys(JSON.parse(stored) as object).join(', ');
  const mend = 'check the receiver, then send again: countersign outbox flush --again';
  return [{ state: 'note', text: `switched off: ${kinds}; the receiver asked for no more messages (HTTP 410)`, mend }];
}

/** Do codes for customers lie in the outbox folder in clear? Whoever works as this system account could use them. */
async function inspectClearCodes({ store, custody: { settings } }: OpenedStore): Promise<readonly Told[]> {
  const written = Object.entries(channelsOf(settings) ?? {}).filter(([, one]) => one.settings.channel === 'file');
  const users = written.length === 0 ? 0 : await store.read.users.count();
  if (users === 0) return [];
  const where = `${written.map(([kind]) => kind).join(', ')} as files in ${join(settings.dataFolder, 'outbox')}`;
  const text = `codes for ${users} logins are written in clear (${where}); that is for a demo only`;
  return [{ state: 'wrong', text, mend: 'set up a mail server in the config file: countersign help config' }];
}

/** Does a company name a connector that the settings do not have? Its people cannot be reset (B93). */
async function inspectOtherSystems({ store, custody: { settings } }: OpenedStore): Promise<readonly Told[]> {
  const known = Object.keys(settings.file.connectors ?? {});
  const missing = (await store.read.accounts.connectors()).filter((name) => !known.includes(name));
  return missing.map((name) => ({
    state: 'wrong',
    text: `companies have the connector ${name}, and the config file has no [connectors.${name}]: their people cannot be reset`,
    mend: 'countersign help connectors; or for one company: countersign account edit NUMBER --connector NAME',
  }));
}

/** Settings with a fault are named by another check. */
function channelsOf({ file, deskName }: Settings) {
  try {
    return readDeliveryConfig(file, deskName).channels;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** Does the desk have an active admin? */
async function inspectAdmins({ store }: OpenedStore): Promise<readonly Told[]> {
  const admins = (await store.read.operators.all()).filter((row) => row.role === 'admin' && row.disabled_at === null);
  if (admins.length > 0) return [{ state: 'ok', text: admins.map((row) => row.name).join(', ') }];
  const mend = 'restore a backup that has an admin: countersign store restore FILE';
  return [{ state: 'wrong', text: 'the desk has no active admin', mend }];
}

/** Can every phone number on file be dialled? Codes by SMS need that (B96). */
async function inspectPhones({ store }: OpenedStore): Promise<readonly Told[]> {
  const { all, unread } = await store.read.users.countPhones();
  if (unread === 0) return [];
  const mend =
    'set country in the config file and import the directory again, or for one company: countersign account edit NUMBER --country CC';
  return [{ state: 'note', text: `${unread} of ${all} are not known as they are dialled (+…)`, mend }];
}

/** Was a large import stopped half way (B90)? */
async function inspectImports({ store, custody }: OpenedStore): Promise<readonly Told[]> {
  const left = (await store.read.imports.all()).filter((row) => row.seen_at + minutes(1) < custody.now());
  if (left.length === 0) return [];
  if (left.some(({ state }) => state === 'settled')) {
    const text =
      'an import is being written or was stopped at its end: what it changes is in force, but not everybody whose contact it changes has been told';
    return [{ state: 'note', text, mend: 'if none is running, this does the rest: countersign outbox flush' }];
  }
  const text = 'an import was stopped half way: nobody sees its rows, but they are in the store';
  return [{ state: 'note', text, mend: 'the next import removes them' }];
}

/** Is an alarm over many callers on (B95)? */
async function inspectAlarms({ store, custody }: OpenedStore): Promise<readonly Told[]> {
  const now = Math.max(custody.now(), (await store.read.audit.head())?.latestAt ?? 0);
  const lines = (await soundingAlarms({ store }, now)).map((one) => alarmLine(one, englishAt(now)));
  if (lines.length === 0) return [{ state: 'ok', text: 'none is on' }];
  const mend = 'find out who calls; then: countersign desk resume --reason "…"';
  return lines.map((text) => ({ state: 'note', text, mend }));
}
