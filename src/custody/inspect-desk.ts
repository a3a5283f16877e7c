/** The part of `doctor` that opens the store: is there a desk, is it whole, does it need somebody. Part of main's room. */

import type { Settings } from '../config.js';
import type { Keyring } from '../crypto/keyring.js';
import type { Desk } from '../desk.js';
import { isRefusal } from '../errors.js';
import type { Finding } from '../house.js';
import { inspectAnchor } from '../opening/anchor.js';
import { loadPolicy } from '../opening/load-policy.js';
import { readKeyring } from '../opening/master-key.js';
import { openEngine } from '../opening/open-desk.js';
import { notaryFor } from '../opening/open-notary.js';
import { sealedByDesk } from '../procedures/log/log-reader.js';
import { readKeyBackupNote } from '../procedures/upkeep/note-key-backup.js';
import type { Policy } from '../rules/policy.js';
import { openStore, requireCurrent, type Store } from '../store/store.js';
import { faultOf } from './fault-of-setup.js';

export interface DeskTools {
  readonly policyFolder: string;
  readonly now: () => number;
}

/** Findings about the store, its key, its log, the clock, the outbox and the admins; fewer where one needs another. */
export async function inspectDesk(settings: Settings, tools: DeskTools): Promise<readonly Finding[]> {
  let engine: Awaited<ReturnType<typeof openEngine>>;
  try {
    engine = await openEngine(settings.store, false);
  } catch (error) {
    return [
      faultOf('Store', error, isRefusal(error) && /^there is no store/.test(error.message) ? 'missing' : 'wrong'),
    ];
  }
  try {
    await requireCurrent(engine);
    const seal = readSeal(settings, tools.policyFolder);
    const store: Finding = { subject: 'Store', state: 'ok', text: `${engine.place} (${engine.name})` };
    if (seal === undefined) return [store];
    return [store, ...(await inspectContents(openStore(engine, seal.notary), seal, tools.now()))];
  } catch (error) {
    const refusal = engine.refusalOf(error) ?? error;
    return [
      faultOf('Store', refusal, isRefusal(refusal) && refusal.code === 'store-unreachable' ? 'missing' : 'wrong'),
    ];
  } finally {
    await engine.close();
  }
}

interface Seal {
  readonly notary: Desk['notary'];
  readonly policy: Policy;
  readonly keyring: Keyring;
  readonly settings: Settings;
}

/** Key and policy, or undefined where one of them cannot be read, which a finding of its own says already. */
function readSeal(settings: Settings, policyFolder: string): Seal | undefined {
  try {
    const policy = loadPolicy(policyFolder);
    const keyring = readKeyring(settings);
    return { notary: notaryFor(keyring, policy), policy, keyring, settings };
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function inspectContents(store: Store, seal: Seal, now: number): Promise<readonly Finding[]> {
  const keyId = await store.read.meta.get('key-id');
  if (keyId === undefined) {
    return [{ subject: 'Desk', state: 'missing', text: 'the desk was never finished', mend: 'countersign init' }];
  }
  if (!seal.keyring.has(keyId)) {
    const mend = 'name the right key with --key-file or COUNTERSIGN_KEY_FILE';
    return [{ subject: 'Key of the store', state: 'wrong', text: `the store needs the key ${keyId}`, mend }];
  }
  const checks: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
    'Backup of the key': () => inspectKeyBackup(store, keyId),
    'Audit log': () => inspectLog(store, seal, now),
    Outbox: () => inspectOutbox(store),
    'Sink of the log': () => inspectSink(store, seal),
    Channels: () => inspectChannels(store),
    Admins: () => inspectAdmins(store),
  };
  const found = [inspectKeys(keyId, seal.keyring)];
  for (const [subject, check] of Object.entries(checks)) found.push(...(await check().catch(asFault(subject))));
  return found;
}

/** One check that cannot be done, such as a row that somebody changed, does not hide the others. */
const asFault =
  (subject: string) =>
  (error: unknown): readonly Finding[] => {
    if (isRefusal(error)) return [faultOf(subject, error)];
    throw error;
  };

function inspectKeys(keyId: string, { keyId: newest }: Keyring): Finding {
  const subject = 'Key of the store';
  if (keyId === newest) return { subject, state: 'ok', text: keyId };
  const text = `${keyId}, and ${newest} is taking over`;
  return { subject, state: 'note', text, mend: 'countersign store rekey' };
}

/** A drill needs the passphrase, which nobody is asked for here. */
async function inspectKeyBackup(store: Store, keyId: string): Promise<readonly Finding[]> {
  const subject = 'Backup of the key';
  const note = readKeyBackupNote(await store.read.meta.get('key-backup'));
  if (note?.keyId !== keyId) {
    const text = `none of the key ${keyId}: whoever loses that file loses every passphrase and factor`;
    return [{ subject, state: 'note', text, mend: 'countersign key backup FILE' }];
  }
  const text = `made ${new Date(note.at).toISOString()}; a drill shows that it opens: countersign key restore FILE --check`;
  return [{ subject, state: 'ok', text }];
}

async function inspectLog(store: Store, seal: Seal, now: number): Promise<readonly Finding[]> {
  const { notary, policy } = seal;
  const head = await store.read.audit.head();
  if (head === undefined || !sealedByDesk(notary, head)) {
    const text = 'the head of the log was not written by this desk';
    return [{ subject: 'Audit log', state: 'wrong', text, mend: 'countersign audit verify' }];
  }
  const log = [
    { subject: 'Audit log', state: 'ok', text: `${head.size} entries, the head checks out` } as const,
    await inspectAnchorOf(store, seal),
  ];
  const behind = head.latestAt - now;
  if (behind <= policy.limits.clock.toleranceSeconds * 1000)
    return [...log, { subject: 'Clock', state: 'ok', text: 'not behind the log' }];
  const text = `${Math.round(behind / 1000)} s behind the latest time in the log; codes and locks are not trusted`;
  return [...log, { subject: 'Clock', state: 'wrong', text, mend: 'set the clock of this machine' }];
}

async function inspectAnchorOf(store: Store, seal: Seal): Promise<Finding> {
  const subject = 'Anchor of the log';
  const { path, known, fault } = await inspectAnchor(seal.settings, { store, ...seal });
  if (fault !== undefined) return faultOf(subject, fault);
  if (known !== undefined) return { subject, state: 'ok', text: `${known.size} entries remembered in ${path}` };
  const text = `nothing is remembered yet in ${path}; the next command that opens the desk does`;
  return { subject, state: 'note', text };
}

async function inspectOutbox(store: Store): Promise<readonly Finding[]> {
  const counts = await store.read.outbox.counts();
  const [queued, lost] = [counts['queued'] ?? 0, counts['given-up'] ?? 0];
  const text = `${queued} waiting, ${lost} given up`;
  if (queued + lost === 0) return [{ subject: 'Outbox', state: 'ok', text: 'nothing waits' }];
  const mend = queued > 0 ? 'countersign outbox flush' : 'countersign outbox list --state given-up';
  return [{ subject: 'Outbox', state: 'note', text, mend }];
}

/** A receiver that answered 410 (procedures/channel-switch). */
async function inspectChannels(store: Store): Promise<readonly Finding[]> {
  const text = await store.read.meta.get('channels-off');
  if (text === undefined) return [];
  const kinds = Object.keys(JSON.parse(text) as object).join(', ');
  const mend = 'look at the receiver, then: countersign outbox flush --again';
  return [{ subject: 'Channels', state: 'note', text: `the ${kinds} is off: its receiver asked for no more`, mend }];
}

/** What waits for the sink of the log, and since when it does not take it; nothing where none is set. */
async function inspectSink(store: Store, { settings }: Seal): Promise<readonly Finding[]> {
  if (settings.file.sink === undefined) return [];
  const subject = 'Sink of the log';
  try {
    const { readSinkConfig } = await import('../delivery/sink-registry.js');
    readSinkConfig(settings.file);
  } catch (error) {
    return [faultOf(subject, error)];
  }
  const { next, why } = await store.sinkCursor.read();
  const waiting = ((await store.read.audit.head())?.size ?? 0) - next;
  if (why === null) return [{ subject, state: 'ok', text: `${next} entries handed on, ${waiting} wait` }];
  const mend = 'mend what is named; waiting entries are handed on by the next command';
  return [{ subject, state: 'wrong', text: `${waiting} entries wait: ${why}`, mend }];
}

async function inspectAdmins(store: Store): Promise<readonly Finding[]> {
  const admins = (await store.read.operators.all()).filter((row) => row.role === 'admin' && row.disabled_at === null);
  if (admins.length > 0) return [{ subject: 'Admins', state: 'ok', text: admins.map((row) => row.name).join(', ') }];
  const mend = 'restore a backup with an admin: countersign store restore FILE';
  return [{ subject: 'Admins', state: 'wrong', text: 'no operator is an admin', mend }];
}
