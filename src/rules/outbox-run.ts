/**
 * One run over the outbox: what became of its messages, and which kinds are not worth another attempt in it. A kind whose channel
 * failed several times in a row counts as down: the rest of it waits for a later run, and does not hold up other kinds.
 */

/** `waiting`: to be tried again: failed just now, or not tried because their channel is down or switched off. `notDone`: resets at other systems that ended there, not done or in part. `dropped`: not sent, because the code that it carries is over (B89). */
export type DeliveryReport = Readonly<Record<'delivered' | 'waiting' | 'givenUp' | 'notDone' | 'dropped', number>>;

export interface OutboxRun {
  readonly report: DeliveryReport;
  /** Failures in a row, by kind. */
  readonly failures: Readonly<Record<string, number>>;
  readonly downAfter: number;
}

/** `downAfter`: a channel counts as down after this many failures in a row. */
export const beginRun = (downAfter: number): OutboxRun => ({
  report: { delivered: 0, waiting: 0, givenUp: 0, notDone: 0, dropped: 0 },
  failures: {},
  downAfter,
});

export const isDown = ({ failures, downAfter }: OutboxRun, kind: string): boolean => (failures[kind] ?? 0) >= downAfter;

/** If a message was given up or dropped, the fault was in that message and says nothing about the channel. */
export function countOutcome(run: OutboxRun, kind: string, outcome: keyof DeliveryReport): OutboxRun {
  const { report, failures } = run;
  const before = failures[kind] ?? 0;
  const inARow = { delivered: 0, waiting: before + 1, givenUp: before, notDone: before, dropped: before }[outcome];
  const counted = { ...report, [outcome]: report[outcome] + 1 };
  return { ...run, report: counted, failures: { ...failures, [kind]: inARow } };
}
