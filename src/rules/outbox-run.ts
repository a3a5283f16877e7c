/**
 * One run over the outbox: what became of its messages, and which kinds are not worth another attempt in it. A kind whose channel failed
 * several times in a row is taken to be down; the rest of it waits for a later run, and holds up no other kind.
 */

export interface DeliveryReport {
  readonly delivered: number;
  /** To be tried again: failed just now, or not tried because their channel is down or switched off. */
  readonly waiting: number;
  readonly givenUp: number;
}

export interface OutboxRun {
  readonly report: DeliveryReport;
  /** In a row, by kind. */
  readonly failures: Readonly<Record<string, number>>;
  readonly downAfter: number;
}

/** `downAfter`: so many failures in a row say that a channel is down. */
export const beginRun = (downAfter: number): OutboxRun => ({
  report: { delivered: 0, waiting: 0, givenUp: 0 },
  failures: {},
  downAfter,
});

export const isDown = ({ failures, downAfter }: OutboxRun, kind: string): boolean => (failures[kind] ?? 0) >= downAfter;

/** What was given up was the fault of that message, and says nothing of the channel. */
export function countOutcome(run: OutboxRun, kind: string, outcome: keyof DeliveryReport): OutboxRun {
  const { report, failures } = run;
  const inARow = { delivered: 0, waiting: (failures[kind] ?? 0) + 1, givenUp: failures[kind] ?? 0 }[outcome];
  return {
    ...run,
    report: { ...report, [outcome]: report[outcome] + 1 },
    failures: { ...failures, [kind]: inARow },
  };
}
