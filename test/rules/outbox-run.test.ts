/** When a run over the outbox leaves a channel alone, and what it counts. */
import { describe, expect, it } from 'vitest';
import { beginRun, countOutcome, isDown, type OutboxRun } from '../../src/rules/outbox-run.js';

type Outcome = Parameters<typeof countOutcome>[2];
const runOf = (...outcomes: readonly (readonly [string, Outcome])[]): OutboxRun =>
  outcomes.reduce((run, [kind, outcome]) => countOutcome(run, kind, outcome), beginRun(3));
const times = (n: number, kind: string, outcome: Outcome) => Array.from({ length: n }, () => [kind, outcome] as const);

describe('a run over the outbox', () => {
  it('takes a channel to be down after so many failures in a row, and no other', () => {
    expect(isDown(runOf(...times(2, 'sms', 'waiting')), 'sms')).toBe(false);
    const run = runOf(...times(3, 'sms', 'waiting'));
    expect([isDown(run, 'sms'), isDown(run, 'email')]).toEqual([true, false]);
  });

  it('one that gets through begins anew; one that was given up says nothing of the channel', () => {
    const twice = times(2, 'sms', 'waiting');
    expect(isDown(runOf(...twice, ['sms', 'delivered'], ...twice), 'sms')).toBe(false);
    expect(isDown(runOf(...twice, ['sms', 'givenUp'], ['sms', 'waiting']), 'sms')).toBe(true);
    expect(isDown(runOf(...times(9, 'sms', 'givenUp')), 'sms')).toBe(false);
  });

  it('counts what became of each', () => {
    const run = runOf(['sms', 'waiting'], ['email', 'delivered'], ['email', 'delivered'], ['email', 'givenUp']);
    expect(run.report).toEqual({ delivered: 2, waiting: 1, givenUp: 1, notDone: 0, dropped: 0 });
  });

  it('without a limit no failure stops it', () => {
    let run = beginRun(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 100; n += 1) run = countOutcome(run, 'email', 'waiting');
    expect(isDown(run, 'email')).toBe(false);
  });
});
