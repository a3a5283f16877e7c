/**
 * The receipt of a call (B97): each entry of it with the proof that the log of the desk contains it, in the form of C2SP tlog-proof, one after
 * the other. The entry itself is the `extra` data. Every byte counts, apart from blanks at ends, which other programs change: what reads
 * differently from how it would be written is no receipt.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra eyJhY2NvdW50Ijoi…
 *     index 4711
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     countersign/sto_0192…
 *     …
 */
import { refusal } from '../errors.js';
import type { LoggedEntry } from './audit-entry.js';
import { type TreeHasher, verifyInclusion } from './audit-tree.js';
import { asWritten, type Checkpoint, readCheckpointText } from './checkpoint.js';

export interface ReceiptProof {
  /** The entry exactly as it was hashed. */
  readonly body: string;
  readonly leafIndex: number;
  /** Sibling hashes from the leaf up to the root. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint as a signed note. */
  readonly note: string;
}

const HEAD = 'c2sp.org/tlog-proof@v1\n';
const PROOF = /^extra (\S+)\nindex (\d{1,15})\n((?:\S+\n)*)\n([\s\S]+)$/;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export const receiptText = (proofs: readonly ReceiptProof[]): string =>
  proofs
    .map(({ body, leafIndex, hashes, note }) => {
      const lines = [`extra ${base64(Buffer.from(body))}`, `index ${leafIndex}`, ...hashes.map(base64), '', note];
      return HEAD + lines.join('\n');
    })
    .join('');

/** A note whose signature fits a known key. */
export interface OpenedNote {
  readonly text: string;
  readonly signers: readonly string[];
}

/**
 * What a receipt proves, for somebody who has neither the store nor its key. `open` returns the text of a note that is signed by a known key,
 * and refuses every other. Refusal `audit-broken` names the entry that does not fit.
 */
export function checkReceipt(text: string, tree: TreeHasher, open: (note: string) => OpenedNote) {
  const proofs = readReceipt(asWritten(text));
  const [first] = proofs;
  if (first === undefined) throw unreadable(1);
  const odd = proofs.find(
    ({ note, leafIndex }, at) => note !== first.note || leafIndex <= (proofs[at - 1]?.leafIndex ?? -1),
  );
  if (odd !== undefined) throw refusal('audit-broken', 'receipt-mixed', { seq: odd.leafIndex });
  const opened = open(first.note);
  const checkpoint = readCheckpointText(opened.text);
  // The key of one log vouches for no other.
  if (!opened.signers.includes(checkpoint.origin))
    throw refusal('audit-broken', 'receipt-not-in-log', { seq: first.leafIndex });
  const entries = proofs.map((proof) => provenEntry(proof, tree, checkpoint));
  return { call: callOf(entries), entries, origin: checkpoint.origin, size: checkpoint.size };
}

function readReceipt(text: string): readonly ReceiptProof[] {
  const [before, ...parts] = text.split(HEAD);
  const proofs = parts.map((part, at): ReceiptProof => {
    const [, extra = '', index = '', hashes = '', note = ''] = PROOF.exec(part) ?? [];
    if (note === '') throw unreadable(at + 1);
    const lines = hashes.split('\n').slice(0, -1);
    return {
      body: Buffer.from(extra, 'base64').toString(),
      leafIndex: Number(index),
      hashes: lines.map((line) => new Uint8Array(Buffer.from(line, 'base64'))),
      note,
    };
  });
  const odd = proofs.findIndex((proof, at) => receiptText([proof]) !== HEAD + (parts[at] ?? ''));
  if (before !== '' || odd >= 0) throw unreadable(odd + 1);
  return proofs;
}

function provenEntry(proof: ReceiptProof, tree: TreeHasher, { size: treeSize, root }: Checkpoint): LoggedEntry {
  const { leafIndex, hashes, body } = proof;
  const claim = { leafIndex, treeSize, leafHash: tree.leaf(body), proof: hashes, root };
  if (!verifyInclusion(tree, claim)) throw refusal('audit-broken', 'receipt-not-in-log', { seq: leafIndex });
  const entry = JSON.parse(body) as LoggedEntry;
  if (entry.seq !== leafIndex) throw refusal('audit-broken', 'receipt-not-in-log', { seq: leafIndex });
  return entry;
}

const unreadable = (proof: number) => refusal('audit-broken', 'receipt-unreadable', { proof }, 'whole-receipt');

/** The call that all entries belong to: by its id, or by the grant of a verification on it. Refusal `audit-broken` if one does not. */
function callOf(entries: readonly LoggedEntry[]): string {
  const call = entries.find(({ detail }) => detail?.['call'] !== undefined)?.detail?.['call'];
  const stranger = entries.find((entry) => !partOfCall(entries, entry, call));
  if (stranger !== undefined) throw refusal('audit-broken', 'receipt-mixed', { seq: stranger.seq });
  if (typeof call !== 'string') throw refusal('audit-broken', 'receipt-mixed', { seq: entries[0]?.seq ?? 0 });
  return call;
}

/** What was done on a call, and what was done with the grants of its verifications. */
function partOfCall(among: readonly LoggedEntry[], { detail }: LoggedEntry, call: unknown): boolean {
  if (call === undefined) return false;
  if (detail?.['call'] === call) return true;
  const grant = detail?.['grant'];
  return grant !== undefined && among.some((one) => one.detail?.['call'] === call && one.detail['grant'] === grant);
}
