/** What second factors a user has, for the desk and for their owner: kinds, states and times, never a secret. */
import type { Desk, FactorRow, OutboxRow } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import { maskedContact } from '../../rules/directory-fields.js';
import { days, minutes } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import { REMOTE_KINDS, remoteOf } from '../../rules/remote-reset.js';
import { userFactors } from './user-factors.js';

export type ShownFactor = ReturnType<typeof shownFactor>;

export type MfaStatus = Awaited<ReturnType<typeof mfaStatus>>;

/** `reset`: the one after which nothing was set up yet, and `code`: what became of its code (B57). `remote`: the newest reset at another system. */
export async function mfaStatus(desk: Desk, account: Account, user: User) {
  const { factors, portalSessions, outbox, resets } = desk.store.read;
  const { rows, backupCodes, backupCodesLeft, enrolmentCode } = await userFactors(desk, factors, user.id);
  const open = await resets.openOfUser(user.id);
  const message = await outbox.newestAbout(user.id, 'enrolment-code');
  const remote = await outbox.newestAbout(user.id, REMOTE_KINDS.reset);
  const made = enrolmentCode && { live: desk.now() < enrolmentCode.expires_at, since: enrolmentCode.created_at };
  return {
    account,
    user,
    required: account.mfaRequiredAt !== null,
    remote: remote === undefined ? null : remoteOf(remote),
    factors: rows.map((row) => shownFactor(row, user)),
    backupCodesLeft,
    backupCodesMade: backupCodes.length,
    devices: (await factors.devices(user.id)).length,
    sessions: (await portalSessions.ofUser(user.id)).length,
    enrolmentCodeWaiting: enrolmentCode !== undefined,
    code: made === undefined ? null : codeStateOf(made, message),
    reset:
      open === undefined
        ? null
        : {
            id: open.id,
            at: open.at,
            objectedAt: open.objected_at,
            undoUntil: open.final !== 0 ? open.at : open.at + days(desk.policy.limits.reset.undoDays),
          },
  };
}

/** `to`: where its codes go, masked; of a passkey, the name that its owner gave it; otherwise null. */
export function shownFactor(row: FactorRow, user: User) {
  const kind = factorKind(row.kind);
  const named = kind.family === 'challenged' ? row.label : null;
  const to =
    kind.family === 'sent' ? maskedContact(kind.contact, kind.contact === 'email' ? user.email : user.phone) : named;
  const confirmedAt = row.state === 'pending' ? null : row.confirmed_at;
  return { id: row.id, kind: row.kind, title: kind.title, state: row.state, to, confirmedAt };
}

/**
 * What became of the enrolment code of a reset: nobody is told to look for a mail that no server took (B88). `sent`: a server took the mail. `unsent`: it waits to be sent. `not-sent`: its address takes no mail. `no-address`: there was none that is old
 * enough. `expired`: a new one can be sent.
 */
export type CodeState = 'sent' | 'unsent' | 'not-sent' | 'no-address' | 'expired';

/** A message is made before the transaction of its cause, which may wait for its turn. */
const MADE_BEFORE = minutes(1);

/** `since`: when it was made, ms; `message`: the newest mail with such a code. */
export function codeStateOf({ live, since }: { live: boolean; since: number }, message?: OutboxRow): CodeState {
  if (message === undefined || message.created_at < since - MADE_BEFORE) return live ? 'no-address' : 'expired';
  if (message.state === 'given-up') return 'not-sent';
  if (!live) return 'expired';
  return message.state === 'delivered' ? 'sent' : 'unsent';
}
