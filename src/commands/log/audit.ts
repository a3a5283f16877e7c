/** `audit verify`, `checkpoint`, `prove`, `receipt`: the log as something an outsider can check (B75). Reading is audit-list.ts. */
import * as z from 'zod';
import { logState, openCheckpoint, signCheckpoint } from '../../procedures/log/log-checkpoint.js';
import { type EntryProof, proveEntry } from '../../procedures/log/prove-entry.js';
import { type VerifiedLog, verifyAuditLog } from '../../procedures/log/verify-audit-log.js';
import type { Checkpoint } from '../../rules/checkpoint.js';
import { iso } from '../../rules/moment.js';
import { printableJson } from '../../terminal/printable.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { commands as reading } from './audit-list.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const verify = command({
  path: 'audit verify',
  summary: 'check every entry of the log, and that it goes on from a checkpoint',
  examples: ['countersign audit verify', 'countersign audit verify --checkpoint kept-elsewhere.txt'],
  access: 'audit:read',
  options: [
    {
      flags: '--checkpoint <file>',
      about: 'a note made earlier by audit checkpoint and kept elsewhere; - reads it from standard input',
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
      // The log is whole, and yet not the one that this desk has written last.
      if (desk.store.readOnly !== undefined) throw desk.store.readOnly;
      return { view: verifiedView(log, checkpoint), document: { audit: verifiedDocument(log, checkpoint) } };
    } finally {
      progress.done();
    }
  },
});

function verifiedView(log: VerifiedLog, checkpoint: Checkpoint | undefined): View {
  return [
    { kind: 'verdict', verdict: 'THE LOG CHECKS OUT', tone: 'good' },
    {
      kind: 'fields',
      rows: [
        ['Entries', String(log.size)],
        ['Root', log.root],
        ['Latest', log.size === 0 ? 'none' : iso(log.latestAt)],
        ...(checkpoint === undefined ? [] : [['Checkpoint', checkpointWords(log, checkpoint)] as const]),
      ],
    },
    ...(checkpoint === undefined
      ? [
          {
            kind: 'note',
            text: 'An older copy of the store, or a log written anew with the key, looks whole too. Only a checkpoint kept elsewhere shows those: --checkpoint FILE',
          } as const,
        ]
      : []),
  ];
}

function checkpointWords(log: VerifiedLog, { size }: Checkpoint): string {
  // Every log goes on from an empty one: such a checkpoint shows nothing, and must not sound as if it did.
  if (size === 0) return 'of an empty log; it says nothing about what came after';
  return `its ${size} entries are the first of this log; ${log.size - size} came after`;
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
  summary: 'a signed note of size and root of the log, to keep elsewhere',
  examples: ['countersign audit checkpoint > checkpoint.txt', 'countersign audit checkpoint --json'],
  access: 'audit:read',
  input: () => z.object({}),
  run: async (context) => {
    const { origin, size, root, note, verifierKey } = await signCheckpoint(await context.desk());
    context.notice(`Verifier key, for whoever checks it: ${verifierKey}`);
    return {
      view: [],
      raw: note,
      document: { checkpoint: { origin, size, root: base64(root), note, verifierKey } },
    };
  },
});

const prove = command({
  path: 'audit prove',
  summary: 'a proof that one entry stands in the log, to be checked without the store',
  examples: ['countersign audit prove 123 > entry-123.json'],
  access: 'audit:read',
  arguments: [{ name: '<entry>', about: 'number of the entry, as audit list shows it' }],
  input: () =>
    z.object({ entry: z.coerce.number().int('is the number of an entry').min(0).max(Number.MAX_SAFE_INTEGER) }),
  run: async (context, { entry }) => {
    const document = { proof: proofDocument(await proveEntry(await context.desk(), entry)) };
    return { view: [], raw: `${printableJson(document)}\n`, document };
  },
});

/** Everything a third party needs but the verifier key it trusts; how to check it stands in the document itself. */
const proofDocument = ({ body, leafIndex, treeSize, leafHash, hashes, checkpoint: signed }: EntryProof) => ({
  format: 'countersign-proof-v1',
  howToCheck: [
    'leafHash = SHA-256(0x00, UTF-8 of body)',
    'hashes lead from leafHash at leafIndex to the root of a tree of treeSize (RFC 9162, section 2.1.3.2)',
    'the root stands in line 3 of the checkpoint, whose signature verifierKey checks (C2SP signed-note)',
    'compare verifierKey with the one that the desk gave you at another time and place',
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
  summary: 'size and root of the log in one line, for a ticket',
  examples: ['countersign audit receipt'],
  access: 'audit:receipt',
  input: () => z.object({}),
  run: async (context) => {
    const desk = await context.desk();
    const { size, root } = await logState(desk.store.read.audit, desk.notary);
    const at = iso(desk.now());
    const text = `size ${size} · root ${hex(root).slice(0, 16)} · ${at}`;
    return { view: [{ kind: 'lines', lines: [text] }], document: { receipt: { size, root: hex(root), at, text } } };
  },
});

export const commands: readonly Command[] = [verify, checkpoint, prove, receipt, ...reading];
