/** `audit verify`, `checkpoint`, `prove`, `receipt`: let an outsider check the log (B75). audit-list.ts reads it. */
import * as z from 'zod';
import {
  type EntryProof,
  logState,
  openCheckpoint,
  proveEntry,
  signCheckpoint,
} from '../../procedures/log/log-checkpoint.js';
import { type VerifiedLog, verifyAuditLog, verifyTables } from '../../procedures/log/verify-audit-log.js';
import type { Checkpoint } from '../../rules/checkpoint.js';
import { iso } from '../../rules/moment.js';
import { printableJson } from '../../terminal/printable.js';
import { type Command, command, wholeNumber } from '../command.js';
import { block, localZoned, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { commands as reading } from './audit-list.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const verify = command({
  path: 'audit verify',
  access: 'audit:read',
  options: [{ flags: '--checkpoint <file>', path: 'reads' }],
  own: () => ({ checkpoint: z.string().min(1).optional() }),
  run: async ({ context, desk, words }, given) => {
    const note = given.checkpoint === undefined ? undefined : await context.files.readText(given.checkpoint);
    const checkpoint = note === undefined ? undefined : await openCheckpoint(desk, note);
    const reader = desk.store.read.audit;
    const progress = context.progress(words('audit.verifying'), (await reader.head())?.size ?? 0);
    try {
      const log = await verifyAuditLog(reader, {
        notary: desk.notary,
        checkpoint,
        onProgress: progress.step,
        signal: context.signal,
      });
      // The log is consistent, but it is not the latest log of this desk: the anchor knows of a newer one.
      if (desk.store.readOnly !== undefined) throw desk.store.readOnly;
      await verifyTables(desk, progress.step);
      const latestAt = log.size === 0 ? null : iso(log.latestAt);
      const at = checkpoint === undefined ? null : { size: checkpoint.size, root: hex(checkpoint.root) };
      const audit = { outcome: 'verified', size: log.size, root: log.root, latestAt, checkpoint: at };
      return { view: verifiedView(log, checkpoint, words), document: { audit } };
    } finally {
      progress.done();
    }
  },
});

function verifiedView(log: VerifiedLog, checkpoint: Checkpoint | undefined, words: Words) {
  const facts = checkpoint && { size: checkpoint.size, newer: log.size - checkpoint.size };
  return [
    block.verdict(words('audit.valid')),
    block.fields(
      [words('audit.entries'), String(log.size)],
      [words('audit.root'), log.root],
      [words('audit.newest'), words('audit.newest-at', { at: log.size === 0 ? null : log.latestAt })],
      // Every log begins with the empty log, so a checkpoint of it proves nothing, and the screen says so.
      [words('audit.checkpoint'), facts === undefined ? null : words('audit.checkpoint-is', facts)],
    ),
    ...(checkpoint === undefined ? [block.note(words('audit.note'))] : []),
  ];
}

const checkpoint = command({
  path: 'audit checkpoint',
  access: 'audit:read',
  run: async ({ context, desk, words }) => {
    const { origin, size, root, note, verifierKey } = await signCheckpoint(desk);
    context.notice(words('audit.key', { key: verifierKey }));
    return { view: [], raw: note, document: { checkpoint: { origin, size, root: base64(root), note, verifierKey } } };
  },
});

const prove = command({
  path: 'audit prove',
  access: 'audit:read',
  arguments: ['<entry>'],
  own: () => ({ entry: wholeNumber(0) }),
  run: async ({ desk }, { entry }) => {
    const document = { proof: proofDocument(await proveEntry(desk, entry)) };
    return { view: [], raw: `${printableJson(document)}\n`, document };
  },
});

/** Everything that a third party needs, except a verifier key that it trusts. The document explains how to check it. */
const proofDocument = (proof: EntryProof) => ({
  format: 'countersign-proof-v1',
  howToCheck: [
    'leafHash = SHA-256(0x00, UTF-8 of body)',
    'hashes lead from leafHash at leafIndex to the root of a tree of treeSize (RFC 9162, section 2.1.3.2)',
    'line 3 of the checkpoint is the root; verifierKey checks the signature of the checkpoint (C2SP signed-note)',
    'compare verifierKey with the key that the desk gave you at another time and place',
  ],
  ...pick(proof, 'body', 'leafIndex', 'treeSize'),
  leafHash: base64(proof.leafHash),
  hashes: proof.hashes.map(base64),
  checkpoint: proof.checkpoint.note,
  verifierKey: proof.checkpoint.verifierKey,
});

const receipt = command({
  path: 'audit receipt',
  access: 'audit:receipt',
  run: async ({ desk, words }) => {
    const { size, root } = await logState(desk.store.read.audit, desk.notary);
    const [now, short] = [desk.now(), hex(root).slice(0, 16)];
    const at = iso(now);
    const text = `size ${size} · root ${short} · ${at}`;
    const line = words('audit.receipt', { size, root: short, at: localZoned(now) });
    return { view: [], raw: `${line}\n`, document: { receipt: { size, root: hex(root), at, text } } };
  },
});

export const commands: readonly Command[] = [verify, checkpoint, prove, receipt, ...reading];
