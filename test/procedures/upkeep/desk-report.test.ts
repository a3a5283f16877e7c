/** The figures of the desk against numbers counted by hand, on both engines. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/opening/open-desk.js';
import { answerGeneralQuestion, beginCall, noteOnCall } from '../../../src/procedures/calls/live-calls.js';
import { deskReport } from '../../../src/procedures/upkeep/desk-report.js';
import { days, minutes } from '../../../src/rules/duration.js';
import { accountRow, userRow } from '../../store/rows.js';
import { refusalOf } from '../../support/said.js';
import { engines, START, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('the report on %s', (engine) => {
  let made: TestDesk;
  const by = { kind: 'system', id: 'test', name: 'test' } as const;

  beforeEach(async () => {
    made = await testDesk(engine);
    const lead = await made.operator('lead');
    await made.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: START, by }, async (write) => {
      await write.accounts.insert([accountRow('100234')]);
      await write.users.insert([userRow('acc_100234', 'ana'), userRow('acc_100234', 'ben')]);
      const rows: readonly (readonly [string, string, string | null, number])[] = [
        ['ana', 'verified', null, -days(2)],
        ['ana', 'refused', 'not-verified', -days(2)],
        ['ana', 'refused', 'not-verified', -days(1)],
        ['ben', 'refused', 'not-privileged', -days(1)],
        ['ben', 'refused', 'locked', 0],
        ['ana', 'verified', null, -days(40)],
      ];
      for (const [index, [login, outcome, reason, offset]] of rows.entries()) {
        await write.verifications.insert({
          id: `ver_${index}`,
          operator_id: lead.operator.id,
          account_id: 'acc_100234',
          user_id: `usr_acc_100234_${login}`,
          caller_key: login,
          action: 'billing:change',
          ticket: null,
          outcome,
          reason,
          started_at: START + offset,
          decided_at: START + offset + minutes(1),
        });
      }
    });
  });
  afterEach(() => made.close());

  const report = async (since: number) => deskReport(made.desk, await made.operator('lead'), since);

  it('counts what lies in its time and nothing before it', async () => {
    const figures = await report(START - days(30));
    expect([figures.verified, figures.refused]).toEqual([1, 4]);
    expect(figures.reasons).toEqual(
      expect.arrayContaining([
        { reason: 'not-verified', count: 2 },
        { reason: 'locked', count: 1 },
        { reason: 'not-privileged', count: 1 },
      ]),
    );
    expect(figures.actions.find(({ title }) => title === 'Change billing')).toMatchObject({ verified: 1, refused: 4 });
  });

  it('has a stretch for each day, the empty ones too, and weeks where days would be too many', async () => {
    const month = await report(START - days(30));
    expect(month.verifications).toHaveLength(31);
    expect(month.verifications.reduce((sum, { counts }) => sum + (counts['refused'] ?? 0), 0)).toBe(4);
    const year = await report(START - days(365));
    expect(year.width).toBe(days(7));
    // A week begins on a Monday, and what lies in it is counted there.
    for (const rows of [year.verifications, year.resets])
      expect(new Set(rows.map(({ from }) => new Date(from).getUTCDay()))).toEqual(new Set([1]));
    const old = year.verifications.find(({ from }) => from <= START - days(40) && START - days(40) < from + days(7));
    expect(old?.counts).toEqual({ verified: 1 });
    expect(year.verified).toBe(2);
  });

  it('names who failed most, by account and login, and with whom; a missing privilege is no failure', async () => {
    const figures = await report(START - days(30));
    expect(figures.failuresByCaller).toEqual([
      { who: '100234/ana', count: 2, lastAt: START - days(1) },
      { who: '100234/ben', count: 1, lastAt: START },
    ]);
    expect(figures.failuresByOperator).toEqual([{ who: 'lead-of-test', count: 3, lastAt: START }]);
  });

  it('takes the median from the beginning of a call to its verdict', async () => {
    const lead = await made.operator('lead');
    for (const [index, wait] of [30, 50, 90].entries()) {
      const call = await beginCall(made.desk, lead, {});
      await made.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: START, by }, (write) =>
        write.verifications.update(`ver_${index}`, { decided_at: START + wait * 1000 }),
      );
      await noteOnCall(made.desk, lead, call.id, { verificationId: `ver_${index}`, outcome: 'verified' });
    }
    const figures = await report(START - days(30));
    expect([figures.calls, figures.medianToVerdict]).toEqual([3, 50_000]);
  });

  it('counts general questions (B06) and is itself in the log (B74)', async () => {
    await answerGeneralQuestion(made.desk, await made.operator('lead'), null);
    expect((await report(START - days(1))).generalQuestions).toBe(1);
    expect(await made.desk.store.read.audit.newest({ kind: 'report.made' }, 1)).toHaveLength(1);
  });

  it('T20 counts no entry that the log does not vouch for', async () => {
    await answerGeneralQuestion(made.desk, await made.operator('lead'), null);
    const other = await openEngine(made.settings.store, false);
    const body = `{"at":${START},"kind":"call.general","seq":900000}`;
    await sql`insert into audit_entries (seq, body, leaf) values (900000, ${body}, ${Buffer.alloc(32)})`.execute(
      other.db,
    );
    await other.close();
    expect((await refusalOf(report(START - days(1)))).code).toBe('audit-broken');
  });
});
