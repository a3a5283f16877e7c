/** What happened on a call is read from the log (B97, E6, E29), and a receipt of it convinces somebody who has neither store nor key (E14). */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteLines } from '../../../src/commands/calls/console-note.js';
import { noteOf } from '../../../src/commands/calls/record-view.js';
import { englishAt } from '../../../src/commands/wording/words.js';
import { treeHasher } from '../../../src/crypto/digests.js';
import { verifySignedNote } from '../../../src/crypto/signer.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import {
  answerGeneralQuestion,
  beginCall,
  leaveCall,
  noteOnCall,
  resumeCall,
} from '../../../src/procedures/calls/live-calls.js';
import { verifyCaller } from '../../../src/procedures/calls/verify-caller.js';
import { callRecord, ownCalls, proveCall } from '../../../src/procedures/log/call-record.js';
import { openCheckpoint, proveEntries, signCheckpoint } from '../../../src/procedures/log/log-checkpoint.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import type { Account } from '../../../src/rules/people.js';
import { checkReceipt, receiptText } from '../../../src/rules/receipt.js';
import * as outsider from '../../support/check-receipt.mjs';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, WRONG } from '../phone-desk.js';

describe.each(engines)('the record of a call on %s', (engine) => {
  let place: PhoneDesk;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
  });
  afterEach(() => place.close());

  const began = async () => {
    const { desk, agent } = place;
    const { id } = await beginCall(desk, agent, {
      account: await account(),
      caller: await place.user('ana'),
      opens: true,
    });
    return id;
  };
  const verify = (call: string, phrase: string, action = 'billing:change', by = place.agent) =>
    verifyCaller(place.desk, by, { account: '100234', caller: 'ana', action, phrase, ticket: undefined, call });
  const account = async () => (await place.desk.store.read.accounts.byNumber('100234')) as Account;
  const note = async (id: string) =>
    noteOf(await callRecord(place.desk, place.agent, id), englishAt(place.clock.now())).slice(1, -1);

  it('B97 E6 is what the log says: a wrong phrase, a verified one, the reset; nothing of another call or of none', async () => {
    const { desk, agent } = place;
    await answerGeneralQuestion(desk, agent, null);
    const call = await began();
    const other = await began();
    await answerGeneralQuestion(desk, agent, other);
    await verify(call, WRONG);
    const { grant } = await verify(call, PHRASE, 'login-security:mfa-reset');
    const target = await place.user('sue');
    const asked = { grantId: grant?.id ?? '', account: await account(), target, reason: 'lost', ticket: 'T-9' };
    const reset = await resetUnderGrant(desk, agent, asked);
    await noteOnCall(desk, agent, call, { outcome: reset.outcome, ticket: 'T-9' });
    place.clock.advance(60_000);
    await leaveCall(desk, agent, call, 'ended');
    expect(await note(call)).toEqual([
      'account 100234 Northwind, ana',
      'billing:change: refused (phrase or login wrong)',
      'login-security:mfa-reset: verified',
      `reset of sue: ${englishAt(0).term('noted', reset.outcome)} (${reset.id})`,
    ]);
    const [head] = noteOf(await callRecord(desk, agent, call), englishAt(place.clock.now()));
    expect(head).toMatch(new RegExp(`^countersign ${call} by .*, duration 01:00, ticket T-9$`));
    expect(await note(other)).toEqual(['account 100234 Northwind, ana', 'general question, no verification needed']);
  });

  it('E6 whoever takes a call over reads what was before; who had no part in it reads nothing, but an auditor does', async () => {
    const { desk, agent } = place;
    const lead = await place.operator('lead');
    const call = await began();
    await verify(call, WRONG);
    await leaveCall(desk, agent, call, 'handed-over');
    await expect(callRecord(desk, lead, call)).rejects.toMatchObject({ code: 'not-found' });
    await expect(proveCall(desk, lead, call)).rejects.toMatchObject({ code: 'not-found' });
    await resumeCall(desk, lead, call);
    await verify(call, PHRASE, 'billing:change', lead);
    expect(noteOf(await callRecord(desk, lead, call), englishAt(0)).slice(2, -1)).toEqual([
      'billing:change: refused (phrase or login wrong)',
      'handed over',
      'resumed',
      'billing:change: verified',
    ]);
    expect((await ownCalls(desk, lead, 5)).map(({ id, state }) => [id, state])).toEqual([[call, 'open']]);
    expect((await ownCalls(desk, agent, 5)).map(({ id }) => id)).toEqual([call]);
    const admin = await place.operator('admin');
    expect((await callRecord(desk, admin, call.slice(5).toUpperCase())).id).toBe(call);
  });

  it('B97 E14 a receipt is checked without store or key by two programs; each byte of it counts', async () => {
    const { desk, agent } = place;
    const call = await began();
    await verify(call, PHRASE);
    await leaveCall(desk, agent, call, 'ended');
    await answerGeneralQuestion(desk, agent, null);
    const { proofs, verifierKey } = await proveCall(desk, agent, call);
    const text = receiptText(proofs);
    const ours = (given: string) =>
      checkReceipt(given, treeHasher, (note) => verifySignedNote(note, [verifierKey])).entries.map(({ seq }) => seq);
    const theirs = (given: string) => outsider.checkReceipt(given, verifierKey).map(({ seq }) => seq);
    expect(checkReceipt(text, treeHasher, (note) => verifySignedNote(note, [verifierKey])).call).toBe(call);
    expect(ours(text)).toHaveLength(5);
    expect(theirs(text)).toEqual(ours(text));
    const bytes = Buffer.from(text);
    const accepted: string[] = [];
    // The line end after the last signature may be another, or missing.
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const copy = Buffer.from(bytes);
      copy[at] = (bytes[at] ?? 0) ^ 1;
      for (const [who, check] of Object.entries({ ours, theirs })) {
        try {
          check(copy.toString());
          accepted.push(`${who} took another byte ${at}`);
        } catch {}
      }
    }
    expect(accepted).toEqual([]);
    const ofNoCall = (await proveEntries(desk, [0], await signCheckpoint(desk))).map(({ checkpoint, ...proof }) => ({
      ...proof,
      note: checkpoint.note,
    }));
    expect(() => ours(receiptText(ofNoCall))).toThrow(expect.objectContaining({ code: 'audit-broken' }));
    const [first = '', second = ''] = text.split(/(?=c2sp\.org)/);
    for (const bent of ['', text.slice(0, -2), text.replaceAll('\n\n', '\n'), second + first, first + first]) {
      expect(() => ours(bent)).toThrow(expect.objectContaining({ code: 'audit-broken' }));
    }
    const mailed = [
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '  \n'),
      `\n\n${text} \r\n\r\n`,
      text.slice(0, -1),
    ];
    for (const copy of mailed) expect(ours(copy)).toEqual(ours(text));
    const note = proofs[0]?.note.replaceAll('\n', '\r\n') ?? '';
    expect((await openCheckpoint(desk, note)).size).toBeGreaterThan(0);
    const stranger = verifierKey.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A'));
    expect(() => verifySignedNote(proofs[0]?.note ?? '', [stranger])).toThrow();
  });

  const tamper = async (text: string) => {
    const raw = await openEngine(place.settings.store, false);
    await sql.raw(text).execute(raw.db);
    await raw.close();
  };

  it('T20 what somebody writes into the table of calls changes neither note nor receipt', async () => {
    const { desk, agent } = place;
    const call = await began();
    await verify(call, WRONG);
    place.clock.advance(60_000);
    await verify(call, PHRASE);
    await noteOnCall(desk, agent, call, { ticket: 'T-1', outcome: 'verified' });
    await leaveCall(desk, agent, call, 'ended');
    const [before, proved] = [await callRecord(desk, agent, call), await proveCall(desk, agent, call)];
    expect(await note(call)).toContain('billing:change: refused (phrase or login wrong)');
    const ben = (await place.user('ben')).id;
    const mallory = await place.operator('lead');
    const other = "state = 'open', ticket = 'T-2', outcome = null, account_id = null, updated_at = 1";
    const later = place.clock.now() + 1;
    await tamper(
      `update calls set opened_at = ${later}, operator_id = '${mallory.operator.id}', ended_at = 1, user_id = '${ben}', ${other}`,
    );
    expect(await callRecord(desk, agent, call)).toEqual(before);
    const again = await proveCall(desk, agent, call);
    expect(again.proofs.map(({ leafIndex }) => leafIndex)).toEqual(proved.proofs.map(({ leafIndex }) => leafIndex));
    await tamper(`update calls set operator_id = '${mallory.operator.id}', opened_by = '${mallory.operator.id}'`);
    await expect(callRecord(desk, mallory, call)).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['names another call', (id: string) => `update audit_entries set body = replace(body, '${id}', 'call-999-999')`],
    ['is gone', () => 'delete from audit_entries'],
  ])('T20 a call of which an entry %s has no record', async (_what, text) => {
    const { desk, agent } = place;
    for (const kind of ['call.opened', 'verification.refused']) {
      const call = await began();
      await verify(call, WRONG);
      await tamper(`${text(call)} where kind = '${kind}' and body like '%${call}%'`);
      await expect(callRecord(desk, agent, call)).rejects.toMatchObject({ code: 'audit-broken' });
      await expect(proveCall(desk, agent, call)).rejects.toMatchObject({ code: 'audit-broken' });
    }
  });

  it('T20 a row that was put into the log by hand is no part of a record', async () => {
    const { desk, agent } = place;
    const call = await began();
    const raw = await openEngine(place.settings.store, false);
    const { seq, body } = await raw.db
      .selectFrom('audit_entries')
      .select(['seq', 'body'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    const bent = body.replace('"outcome":"done"', '"outcome":"failed"');
    await raw.db.updateTable('audit_entries').set({ body: bent }).where('seq', '=', seq).execute();
    await raw.close();
    await expect(callRecord(desk, agent, call)).rejects.toMatchObject({ code: 'audit-broken' });
    // The console has ended the call by then: it says how to get the note, and not that nothing was done.
    const session = { desk, signed: agent, words: englishAt(0) } as unknown as Parameters<typeof noteLines>[0];
    expect(await noteLines(session, call)).toEqual([`countersign call note ${call}`]);
  });
});
