/** `audit verify`, `checkpoint`, `prove`, `receipt`: let an outsider check the log (B75). audit-list.ts reads it. */

import * as z from 'zod';
import { logState, openCheckpoint, signCheckpoint } from '../../procedures/log/log-checkpoint.js';
import { type EntryProof, proveEntry } from '../../procedures/log/prove-entry.js';
import { type VerifiedLog, verifyAuditLog, verifyTables } from '../../procedures/log/verify-audit-log.js';
import type { Checkpoint } from '../../rules/checkpoint.js';
import { iso } from '../../rules/moment.js';
import { printableJson } from '../../terminal/printable.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localSecond } from '../wording/times.js';
import { commands as reading } from './audit-list.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const verify = command({
  path: 'audit verify',
  access: 'audit:read',
  options: [
    {
      flags: '--checkpoint <file>',
      path: 'reads',
    },
  ],
  input: () => z.object({ checkpoint: z.string().min(1).optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const note = given.checkpoint === undefined ? undefined : await context.files.readText(given.checkpoint);
    const checkpoint = note === undefined ? undefined : await openCheckpoint(desk, note);
    const reader = desk.store.read.audit;
    const progress = context.progress('Verifying', (await reader.head())?.size ?? 0);
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
      return { view: verifiedView(log, checkpoint), document: { audit: verifiedDocument(log, checkpoint) } };
    } finally {
      progress.done();
    }
  },
});

function verifiedView(log: VerifiedLog, checkpoint: Checkpoint | undefined): View {
  return [
    block.verdict('THE LOG IS VALID'),
    block.fields(
      ['Entries', String(log.size)],
      ['Root', log.root],
      ['Newest entry', log.size === 0 ? 'none' : localSecond(log.latestAt)],
      ...(checkpoint === undefined ? [] : [['Checkpoint', checkpointWords(log, checkpoint)] as const]),
    ),
    ...(checkpoint === undefined
      ? [
          block.note(
            'This check may miss an older copy of the store, or a log that was rewritten with the key. To find both, compare with a checkpoint kept elsewhere: --checkpoint FILE',
          ),
        ]
      : []),
  ];
}

function checkpointWords(log: VerifiedLog, { size }: Checkpoint): string {
  // Every log begins with the empty log, so such a checkpoint proves nothing, and the screen must say so.
  if (size === 0) return 'made of an empty log, so it proves nothing about later entries';
  return `matches: its ${size} entries are the first of this log; ${log.size - size} are newer`;
}

function verifiedDocument(log: VerifiedLog, checkpoint: Checkpoint | undefined) {
  return {
    outcome: 'verified',
    size: log.size,
    root: log.root,
    latestAt: log.size === 0 ? null : iso(log.latestAt),
    checkpoint: checkpoint === undefined ? null : { size: checkpoint.size, root: hex(checkpoint.root) },
  };
}

const checkpoint = command({
  path: 'audit checkpoint',
  access: 'audit:read',
  input: () => z.object({}),
  run: async (context) => {
    const { origin, size, root, note, verifierKey } = await signCheckpoint(await context.desk());
    context.notice(`Verifier key (others need it to check this note): ${verifierKey}`);
    return {
      view: [],
      raw: note,
      document: { checkpoint: { origin, size, root: base64(root), note, verifierKey } },
    };
  },
});

const prove = command({
  path: 'audit prove',
  access: 'audit:read',
  arguments: ['<entry>'],
  input: () =>
    z.object({ entry: z.coerce.number().int('must be the number of an entry').min(0).max(Number.MAX_SAFE_INTEGER) }),
  run: async (context, { entry }) => {
    const document = { proof: proofDocument(await proveEntry(await context.desk(), entry)) };
    return { view: [], raw: `${printableJson(document)}\n`, document };
  },
});

/** Everything that a third party needs, except a verifier key that it trusts. The document explains how to check it. */
const proofDocument = ({ body, leafIndex, treeSize, leafHash, hashes, checkpoint: signed }: EntryProof) => ({
  format: 'countersign-proof-v1',
  howToCheck: [
    'leafHash = SHA-256(0x00, UTF-8 of body)',
    'hashes lead from leafHash at leafIndex to the root of a tree of treeSize (RFC 9162, section 2.1.3.2)',
    'line 3 of the checkpoint is the root; verifierKey checks the signature of the checkpoint (C2SP signed-note)',
    'compare verifierKey with the key that the desk gave you at another time and place',
  ],
  body,
  leafIndex,
  treeSize,
  leafHash: base64(leafHash),
  hashes: hashes.map(base64),
  checkpoint: signed.note,
  verifierKey: signed.verifierKey,
});

const receipt = command({
  path: 'audit receipt',
  access: 'audit:receipt',
  input: () => z.object({}),
  run: async (context) => {
    const desk = await context.desk();
    const { size, root } = await logState(desk.store.read.audit, desk.notary);
    const at = iso(desk.now());
    const text = `size ${size} · root ${hex(root).slice(0, 16)} · ${at}`;
    return { view: [block.lines(text)], document: { receipt: { size, root: hex(root), at, text } } };
  },
});

export const commands: readonly Command[] = [verify, checkpoint, prove, receipt, ...reading];
