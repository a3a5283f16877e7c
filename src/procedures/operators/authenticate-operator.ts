/** Who is typing, and may they run this command? Checks session or token, and the role (B70, B71). */
import type { Desk, OperatorSessionRow, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import { type Permission, permits } from '../../rules/operator-roles.js';
import { act, logDenial } from '../authorise.js';
import { judgeSession, judgeToken, notSignedIn } from './standing.js';

export interface OperatorClaim {
  /** The session's or the script's token; undefined if there is none. */
  readonly token: string | undefined;
  readonly via: 'session' | 'token';
  readonly access: Permission | 'signed-in';
  /** The command as typed, for the log. */
  readonly command: string;
}

/** Refusals: not-signed-in (nobody, expired, disabled) and forbidden (the role lacks the permission; logged). */
export async function authenticateOperator(desk: Desk, claim: OperatorClaim): Promise<SignedOperator> {
  if (claim.token === undefined) throw refusal('not-signed-in', 'nobody-signed-in', {}, 'sign-in');
  // What the desk rests on is checked before anything is shown. This command itself says what is wrong with it.
  const inspecting = claim.command === 'audit verify';
  if (!inspecting) await desk.store.requireWatched();
  const { signed, roles, active } =
    claim.via === 'token' ? await byToken(desk, claim.token) : await bySession(desk, claim.token);
  const { access } = claim;
  if (access !== 'signed-in' && !roles.every((role) => permits(desk.policy, role, access))) {
    const facts = { role: signed.operator.role, command: claim.command, permission: access };
    const denied = refusal('forbidden', 'role-may-not-run', facts, 'ask-permitted');
    await logDenial(desk, signed, access, denied, claim.command);
    throw denied;
  }
  if (!inspecting) await active();
  return signed;
}

/** `active` notes that the session is in use. It runs after the check of the role: a store that cannot be written must not hide a denial. */
async function byToken(desk: Desk, token: string) {
  const { operators } = desk.store.read;
  const row = await operators.tokenByDigest(desk.digests.tokenDigest(token));
  const owner = row && (await operators.byId(row.operator_id));
  if (row === undefined || owner === undefined) throw notSignedIn('token-unknown-here', {});
  const { operator, roles, alsoUserId, codeAt } = judgeToken(owner, row, desk.now());
  const actor = { kind: 'token', id: owner.id, name: `${owner.name} (${row.name})` } as const;
  const signed = { operator, actor, via: 'token', sessionId: null, tokenId: row.id, codeAt, alsoUserId } as const;
  return { signed, roles, active: async () => undefined };
}

async function bySession(desk: Desk, token: string) {
  const { operators } = desk.store.read;
  const now = desk.now();
  const row = await operators.sessionByDigest(desk.digests.tokenDigest(token));
  const owner = row && (await operators.byId(row.operator_id));
  if (row === undefined || owner === undefined) throw notSignedIn('session-ended', {});
  const place = { person: desk.person, now, running: false };
  const { operator, roles, alsoUserId, codeAt } = judgeSession(desk.policy.limits, owner, row, place);
  const actor = { kind: 'operator', id: owner.id, name: owner.name } as const;
  const signed = { operator, actor, via: 'session', sessionId: row.id, tokenId: null, codeAt, alsoUserId } as const;
  return { signed, roles, active: () => noteActivity(desk, signed, row, now) };
}

/** Renews the idle limit; at most once a minute, so that a busy agent does not fill the log with it. */
async function noteActivity(desk: Desk, signed: SignedOperator, row: OperatorSessionRow, at: number): Promise<void> {
  // An operator who is signed in must still be able to look at a store that can only be read.
  if (at - row.last_seen_at < minutes(1) || desk.store.readOnly !== undefined) return;
  await act(desk, signed, SEEN, {
    entry: () => ({ kind: 'operator.session-seen' }),
    change: ({ write, now }) => write.operators.updateSession(row.id, { last_seen_at: now }),
  });
}

/** A command that only reads must not wait until messages are sent. */
const SEEN = { permission: 'signed-in', sendLater: true } as const;
