/** Checkpoints and proofs, checked by a verifier written apart from ours (test/support/outside-verifier.ts). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import {
  type EntryProof,
  logState,
  openCheckpoint,
  proveEntry,
  signCheckpoint,
} from '../../../src/procedures/log/log-checkpoint.js';
import { checkpointText } from '../../../src/rules/checkpoint.js';
import { checkProof, openNote, type ProofDocument } from '../../support/outside-verifier.js';
import { proven } from '../../support/proven.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

const BY = proven({ kind: 'operator', id: 'op_1', name: 'Ölga \u202e"quoted"' });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const documentOf = (proof: EntryProof): ProofDocument => ({
  body: proof.body,
  leafIndex: proof.leafIndex,
  treeSize: proof.treeSize,
  hashes: proof.hashes.map(base64),
  checkpoint: proof.checkpoint.note,
});

const write = (desk: Desk) =>
  desk.store.record({ kind: 'call.general', outcome: 'done', at: desk.now(), by: BY }, async () => undefined);

async function deskOf(made: TestDesk): Promise<Desk> {
  await made.desk.store.record({ kind: 'desk.founded', outcome: 'done', at: made.clock.now(), by: BY }, (writes) =>
    writes.meta.put('created-at', '1'),
  );
  return made.desk;
}

describe.each(engines)('proofs for a third party on %s', (engine) => {
  let made: TestDesk;
  let desk: Desk;
  let verifierKey: string;
  beforeAll(async () => {
    made = await testDesk(engine);
    desk = await deskOf(made);
    verifierKey = (await desk.signer()).verifierKey();
  });
  afterAll(() => made.close());

  it('B75 every entry of every log of up to 18 entries is proved', async () => {
    for (let size = 1; size <= 18; size += 1) {
      for (let seq = 0; seq < size; seq += 1) {
        const proof = await proveEntry(desk, seq);
        expect(proof.treeSize).toBe(size);
        checkProof(documentOf(proof), verifierKey);
      }
      await write(desk);
    }
  });

  it('teeth: the outside verifier refuses another entry, index, size, hash, checkpoint and key', async () => {
    const proof = documentOf(await proveEntry(desk, 5));
    const later = (await signCheckpoint(desk)).note.replace('\n', 'x\n');
    const bad: readonly ProofDocument[] = [
      { ...proof, body: proof.body.replace('call.general', 'call.private') },
      { ...proof, leafIndex: 4 },
      { ...proof, treeSize: proof.treeSize - 1 },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, hashes: [...proof.hashes].reverse() },
      { ...proof, checkpoint: later },
    ];
    checkProof(proof, verifierKey);
    for (const each of bad) expect(() => checkProof(each, verifierKey)).toThrow();
    const elsewhere = await testDesk('sqlite', { ownKey: true });
    const stranger = (await (await deskOf(elsewhere)).signer()).verifierKey();
    await elsewhere.close();
    expect(() => checkProof(proof, stranger)).toThrow('not signed by this desk');
    const underOurName = stranger.replace(/^[^+]+/, verifierKey.split('+')[0] ?? '');
    expect(() => checkProof(proof, underOurName)).toThrow('the signature does not fit');
  });

  it('the checkpoint says what the head says, and is opened again by the desk', async () => {
    const signed = await signCheckpoint(desk);
    const { size, root } = await logState(desk.store.read.audit, desk.notary);
    expect(openNote(signed.note, signed.verifierKey)).toEqual({
      origin: `countersign/${desk.notary.storeId}`,
      size,
      root: Buffer.from(root),
    });
    expect(await openCheckpoint(desk, signed.note)).toMatchObject({ size });
  });

  it.each([
    ['one digit changed', (note: string) => note.replace(/\n(\d+)\n/, '\n1$1\n'), 'does not match the note'],
    ['no note at all', () => 'hello\n', 'not a signed note'],
    ['empty', () => '', 'not a signed note'],
    ['without its signature', (note: string) => note.slice(0, note.indexOf('—')), 'not a signed note'],
  ])('a checkpoint is refused: %s', async (_what, spoil, message) => {
    const { note } = await signCheckpoint(desk);
    await expect(openCheckpoint(desk, spoil(note))).rejects.toMatchObject({ code: 'audit-broken' });
    await expect(openCheckpoint(desk, spoil(note))).rejects.toThrow(message);
  });

  it('a signed note that is no checkpoint, or is about another log, is refused', async () => {
    const signer = await desk.signer();
    await expect(openCheckpoint(desk, signer.sign('good morning\n'))).rejects.toThrow('not-a-checkpoint');
    const other = checkpointText({ origin: 'countersign/desk_2', size: 1, root: new Uint8Array(32) });
    await expect(openCheckpoint(desk, signer.sign(other))).rejects.toThrow('checkpoint-of-other-log');
    await expect(openCheckpoint(desk, signer.sign(`countersign/${desk.notary.storeId}\n01\nAAAA\n`))).rejects.toThrow(
      'not-a-checkpoint',
    );
  });

  it('an entry that is not there is not found', async () => {
    const { size } = await signCheckpoint(desk);
    await expect(proveEntry(desk, size)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('B75 nothing is signed or proved over a log that does not check out', async () => {
    const raw = await openEngine(made.settings.store, false);
    const leaf = Buffer.alloc(32);
    await raw.db.updateTable('audit_entries').set({ leaf }).where('seq', '=', 3).execute();
    await expect(proveEntry(desk, 9)).rejects.toMatchObject({ code: 'audit-broken' });
    await raw.db.updateTable('audit_head').set({ latest_at: 1 }).execute();
    await expect(signCheckpoint(desk)).rejects.toMatchObject({ code: 'audit-broken' });
    await raw.close();
  });
});
