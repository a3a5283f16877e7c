/**
 * What other systems should know at once about a user's credentials and sessions, in the words of OpenID CAEP 1.0:
 * `credential-change` and `session-revoked`. Each is derived from an audit entry, as in desk-events.ts. Only ids and fixed words,
 * never free text.
 */
import type { AuditValue, EntryFacts } from './audit-entry.js';
import type { ToldEntry } from './desk-events.js';
import { isReset } from './reset-plan.js';

export interface SecurityEvent {
  readonly type: 'credential-change' | 'session-revoked';
  /** Whom it is about: one session, a user, or everybody of an account. */
  readonly about: { readonly account: string | null; readonly user: string | null; readonly session: string | null };
  /** Number of the entry in the log, and who the user is at another system (B93). */
  readonly seq?: number | undefined;
  readonly external?: string | null | undefined;
  /** When it happened, ms. */
  readonly at: number;
  /** The same for all events of one reset. */
  readonly transaction: string | null;
  /** The claims of the event itself, in CAEP's words. */
  readonly claims: Readonly<Record<string, string>>;
}

/** What CAEP calls a kind of second factor; if it has no word, the receiver gets one of ours, as CAEP allows. */
export type CredentialOf = (kind: string) => string;

type Part = Pick<SecurityEvent, 'type' | 'claims'>;
type Meaning = (detail: Readonly<Record<string, AuditValue>>, credentialOf: CredentialOf) => readonly Part[];

const changed = (credential: string, change: 'create' | 'revoke' | 'update' | 'delete'): Part => ({
  type: 'credential-change',
  claims: { credential_type: credential, change_type: change },
});
const REVOKED: Part = { type: 'session-revoked', claims: {} };

const MEANINGS: Readonly<Record<string, Meaning>> = {
  'mfa.reset': ({ result, factors, backupCodes }) => {
    const taken = isReset(result) || Number(factors) + Number(backupCodes) > 0;
    return taken ? [changed('mfa', 'revoke'), REVOKED] : [];
  },
  'mfa.reset-undone': () => [changed('mfa', 'create'), REVOKED],
  'mfa.objected': () => [REVOKED],
  'factor.added': ({ kind }, credentialOf) => [changed(credentialOf(String(kind)), 'create')],
  'factor.removed': ({ kind, state }, credentialOf) =>
    state === 'active' ? [changed(credentialOf(String(kind)), 'delete')] : [],
  'backup-codes.made': ({ earlierDied }) => [changed('backup-codes', Number(earlierDied) > 0 ? 'update' : 'create')],
  'portal.activated': () => [changed('password', 'create')],
  'portal.password-reset': () => [changed('password', 'update'), REVOKED],
  // The session that changed it stays, so "session revoked" would not be true of the user as a whole.
  'application-password.changed': () => [changed('password', 'update')],
  'portal.signed-out': () => [REVOKED],
  'portal.sessions-ended': () => [REVOKED],
  'device.forgotten': () => [REVOKED],
  'account.sign-in-changed': () => [REVOKED],
  'user.sign-in-changed': () => [REVOKED],
  'user.disabled': (detail) => (detail['changed'] === true ? [REVOKED] : []),
  'account.disabled': (detail) => (detail['changed'] === true ? [REVOKED] : []),
};

export function securityEventsOf(entries: readonly ToldEntry[], credentialOf: CredentialOf): readonly SecurityEvent[] {
  return entries.flatMap((entry) => {
    const { kind, outcome, at, account, user, detail = {}, seq, external } = entry;
    if (outcome !== 'done') return [];
    const transaction = typeof detail['reset'] === 'string' ? detail['reset'] : null;
    return (MEANINGS[kind]?.(detail, credentialOf) ?? []).flatMap(({ type, claims }) =>
      sessionsOf(entry).map((session) => ({
        type,
        about: { account: account ?? null, user: user ?? null, session },
        at,
        transaction,
        ...(seq === undefined ? {} : { seq, external }),
        claims: { ...claims, initiating_entity: initiator(entry) },
      })),
    );
  });
}

/** The single sessions that an entry names; null alone if it is about all of the user's. */
function sessionsOf({ kind, detail = {} }: EntryFacts): readonly (string | null)[] {
  if (kind === 'portal.signed-out') return [String(detail['session'])];
  if (kind !== 'portal.sessions-ended' && kind !== 'device.forgotten') return [null];
  return Array.isArray(detail['sessions']) ? detail['sessions'].map(String) : [];
}

/** A customer's admin who acts on somebody else is an admin in CAEP's words too. */
function initiator({ by, user }: EntryFacts): string {
  if (by.kind === 'system') return 'system';
  return by.kind === 'user' && by.id === user ? 'user' : 'admin';
}
