/**
 * Start codes: with one an operator sets the own password and the authenticator app, so that nobody else ever types or sees them (B80).
 * The code is shown to the admin once, for handing it over; the store keeps a keyed digest. A new one ends the one before.
 */
import type { Desk, OperatorRow, OperatorStartRow, Writes } from '../../desk.js';
import { inFives, newSymbols, readCrockford } from '../../rules/crockford.js';
import { hours } from '../../rules/duration.js';

/** In a transaction. */
export type Giving = Readonly<{ desk: Desk; write: Writes; now: number }>;

export type StartReason = 'added' | 'recovered' | 'factor' | 'waiting';

export type StartCode = Awaited<ReturnType<typeof giveStart>>;

/**
 * Makes the code (in groups of five, shown once) and stores its row. The reason `waiting` is a recovery that takes effect when the code is used
 * (operators.ts of the schema). `now` is the trusted time.
 */
export async function giveStart({ desk, write, now }: Giving, operatorId: string, reason: StartReason) {
  const { operatorRecovery, operatorStart } = desk.policy.limits;
  const symbols = newSymbols(desk.chance.bytes);
  const validFrom = reason === 'waiting' ? now + hours(operatorRecovery.waitHours) : now;
  const expiresAt = validFrom + hours(operatorStart.hours);
  await write.lifeCycle.putStart({
    id: operatorId,
    digest: digestOf(desk, operatorId, symbols),
    reason,
    created_at: now,
    valid_from: validFrom,
    expires_at: expiresAt,
    totp: null,
    used_at: null,
    signed_in_at: null,
  });
  return { code: inFives(symbols), validFrom, expiresAt };
}

/** Whether this code can be used by this operator now. An unknown operator costs the same work. */
export function judgeStart(
  desk: Desk,
  operator: OperatorRow | undefined,
  row: OperatorStartRow | undefined,
  typed: string,
  now: number,
): 'accepted' | 'early' | 'wrong' {
  const symbols = readCrockford(typed);
  const given = symbols === null ? '' : digestOf(desk, operator?.id ?? 'nobody', symbols);
  const right = desk.digests.equal(row?.digest ?? '', given);
  if (!right || operator === undefined || row === undefined || symbols === null) return 'wrong';
  if (operator.disabled_at !== null || row.used_at !== null || now >= row.expires_at) return 'wrong';
  return now < row.valid_from ? 'early' : 'accepted';
}

const digestOf = (desk: Desk, operatorId: string, symbols: string): string =>
  desk.digests.mac('mac/code', operatorId, 'operator-start', symbols);
