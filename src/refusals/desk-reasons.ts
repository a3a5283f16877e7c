/** Reasons that only the desk meets, each with its facts. */
import type { ApprovalReason, Bare, GrantFault, LockedOut, Moment, UndoStop } from './facts.js';

/** What only the desk meets. */
export interface DeskReasons {
  // operators
  'nobody-signed-in': Bare;
  'session-ended': Bare;
  'session-of-another': Bare;
  'session-too-old': { readonly hours: number };
  'session-idle': { readonly minutes: number };
  'token-unknown-here': Bare;
  'token-revoked': Bare;
  'token-expired': Bare;
  'operator-disabled': { readonly operator: string };
  'operator-gone': Bare;
  'left-locked': Bare;
  'store-appeared': Bare;
  'role-may-not': { readonly role: string };
  'role-may-not-run': { readonly role: string; readonly command: string };
  'person-not-token': Bare;
  'fresh-code-needed': Bare;
  'sign-in-wrong': Bare;
  'authenticator-missing': { readonly role: string };
  'sign-in-without-authenticator': Bare;
  'locked-for-good': { readonly who: LockedOut };
  'locked-until': { readonly who: LockedOut; readonly until: Moment };
  'own-role': Bare;
  'role-unknown': { readonly role: string };
  'operator-name-form': Bare;
  'operator-password-form': { readonly min: number; readonly max: number };
  'operator-name-taken': { readonly name: string };
  'operator-unknown': { readonly reference: string };
  'token-lifetime': { readonly maxDays: number };
  'token-of-disabled': Bare;
  'token-role': { readonly owner: string; readonly ownerRole: string; readonly role: string };
  'token-unknown': { readonly id: string };
  'own-request': Bare;
  'role-does-not-approve': { readonly role: string };
  'second-operator-needed': { readonly what: string };
  // calls
  'caller-is-operator': Bare;
  'failures-of-operator': Bare;
  'failures-in-account': Bare;
  'failures-of-desk': Bare;
  'grant-unknown': { readonly id: string };
  'grant-needed': { readonly why: GrantFault; readonly action: string };
  'call-unknown': { readonly id: string };
  'call-ended': { readonly id: string };
  // directory
  /** `column` as in a file of the directory. */
  'values-wrong': { readonly faults: readonly { readonly column?: string; readonly message: string }[] };
  'account-number-taken': { readonly number: string; readonly name: string };
  'login-taken': { readonly number: string; readonly login: string };
  'phone-resets-by-admin': Bare;
  'reason-missing': { readonly to: 'allow-phone-resets' | 'unlock' };
  'sso-off-and-set': Bare;
  'sso-incomplete': { readonly missing: readonly ('issuer' | 'audience' | 'jwks')[] };
  'not-https': { readonly setting: 'issuer' | 'jwks'; readonly address: string };
  'no-key-set': Bare;
  'private-key': { readonly position: number };
  'account-ambiguous': { readonly count: number; readonly name: string };
  'account-unknown': { readonly reference: string };
  'account-missing': { readonly reference: string };
  'rows-wrong': { readonly rows: number };
  'file-empty': Bare;
  'file-too-large': { readonly mib: number };
  'file-not-utf8': Bare;
  'file-too-long': { readonly rows: number };
  'file-not-csv': Bare;
  'too-many-columns': { readonly count: number; readonly most: number };
  'header-wrong': Bare;
  'invite-disabled': { readonly who: string };
  'invite-no-email': { readonly who: string };
  'invite-sso': { readonly who: string };
  'invite-address-new': { readonly who: string; readonly days: number };
  'invite-overtaken': { readonly who: string };
  // passphrases
  'set-already': Bare;
  'set-up-used': Bare;
  'sets-own-first': Bare;
  'login-disabled': Bare;
  'own-set-up': Bare;
  'passphrase-gone': { readonly user: string; readonly entry: number };
  'too-few-bits': { readonly drawn: number; readonly words: number; readonly bits: number; readonly needed: number };
  'word-twice': Bare;
  // log
  'log-head-foreign': Bare;
  'log-head-size': Bare;
  'log-broken': { readonly first: string; readonly more: number };
  'log-reading-stopped': Bare;
  'checkpoint-of-other-log': { readonly origin: string };
  'not-a-checkpoint': Bare;
  'entry-unknown': { readonly seq: number; readonly size: number };
  'entry-unprovable': { readonly seq: number };
  'entry-unreadable': { readonly seq: number };
  'actor-unknown': { readonly reference: string };
  'message-unknown': { readonly id: string };
  // resets
  'approval-needed': { readonly why: ApprovalReason };
  'request-unknown': { readonly id: string };
  'request-rejected': { readonly id: string; readonly reason: string | null };
  'request-changed': { readonly id: string };
  'request-decided': { readonly id: string; readonly standing: string };
  'request-about-oneself': Bare;
  'waiting-stopped': { readonly id: string };
  'freeze-end-passed': Bare;
  'job-unknown': { readonly id: string };
  'job-or-reset-unknown': { readonly id: string };
  'plan-changed': { readonly id: string };
  'plan-of-other-store': Bare;
  'list-empty': Bare;
  'reset-pace': { readonly limit: number };
  'run-interrupted': { readonly done: number; readonly total: number };
  'nobody-reset': { readonly id: string; readonly line: number | null };
  'reset-stays': { readonly login: string; readonly why: UndoStop };
  'other-account': Bare;
  'phone-resets-forbidden': { readonly account: string };
  'admin-by-secondary': Bare;
  // policy and upkeep
  'policy-wrong': { readonly source: string; readonly faults: number };
  'spelling-table-wrong': { readonly file: string; readonly place: string; readonly fault: string | null };
  'spelling-two-meanings': { readonly file: string; readonly phrase: string };
  'action-has-parts': { readonly text: string };
  'action-unknown': { readonly text: string };
  'time-unreadable': { readonly setting: string; readonly text: string };
  'folding-unknown': { readonly version: number };
  'rekey-stopped': Bare;
  'rekey-overtaken': { readonly place: string };
  'rekey-damaged': { readonly values: number };
}
