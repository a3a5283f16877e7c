/** What the desk says about its log to others: a signed checkpoint, and its short form for a ticket. */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { decodeFrontier, rootOf, type TreeHasher } from '../../rules/audit-tree.js';
import { type Checkpoint, checkpointText, readCheckpointText, readShortForm } from '../../rules/checkpoint.js';
import type { LogNotary, LogReader } from './log-reader.js';

/**
 * The log as its head describes it, if this desk wrote the head: its RFC 6962 tree hash of 32 bytes, and the latest time of any entry, ms (0 for an
 * empty log). Refusal `audit-broken` otherwise.
 */
export async function logState(reader: LogReader, notary: LogNotary & { readonly tree: TreeHasher }) {
  const head = await reader.head();
  if (head === undefined || !notary.headFits(head)) {
    throw refusal('audit-broken', 'log-head-foreign', {}, 'audit-verify');
  }
  const root = rootOf(notary.tree, head.size, decodeFrontier(head.size, head.frontier));
  return { size: head.size, root, latestAt: head.latestAt };
}

export type SignedCheckpoint = Awaited<ReturnType<typeof signCheckpoint>>;

/** With the signed note, to be kept elsewhere, and the verifier key of the desk (C2SP vkey), to be kept apart from the note. */
export async function signCheckpoint(desk: Desk) {
  const signer = await desk.signer();
  const { size, root } = await logState(desk.store.read.audit, desk.notary);
  const checkpoint = { origin: signer.name, size, root };
  return { ...checkpoint, note: signer.sign(checkpointText(checkpoint)), verifierKey: signer.verifierKey() };
}

/** Returns the checkpoint in a note of this desk, or in the line of a ticket (`audit receipt`). Refusal `audit-broken` for a note that was changed or belongs to another desk. */
export async function openCheckpoint(desk: Desk, note: string): Promise<Checkpoint> {
  const signer = await desk.signer();
  const short = readShortForm(note);
  if (short !== undefined) return { ...short, origin: signer.name };
  const checkpoint = readCheckpointText(signer.open(note));
  if (checkpoint.origin === signer.name) return checkpoint;
  const facts = { origin: checkpoint.origin, log: signer.name };
  throw refusal('audit-broken', 'checkpoint-of-other-log', facts, 'name-of-log');
}
