/** What the facts of reasons and next steps are made of. */

/** Reasons and steps without facts. */
export type Bare = Readonly<Record<never, never>>;
/** Milliseconds since the epoch. */
export type Moment = number;

export type GrantFault =
  | 'unknown'
  | 'other-action'
  | 'revoked'
  | 'used'
  | 'expired'
  | 'gone'
  | 'caller-disabled'
  | 'authority-changed'
  | 'privilege-lost';

/** Why a reset is not undone. */
export type UndoStop = 'nothing-taken' | 'undone-before' | 'enrolled-again' | 'superseded' | 'final' | 'too-late';

export type IdTokenFault =
  | 'access-token'
  | 'other-kind'
  | 'other-person'
  | 'other-request'
  | 'other-application'
  | 'expired'
  | 'claims'
  | 'signature'
  | 'no-key'
  | 'several-keys'
  | 'algorithm'
  | 'used-before'
  | 'not-a-token';

export type ApprovalReason =
  | 'own-reset'
  | 'admin-target'
  | 'objected-reset'
  | 'bulk-over-limit'
  | 'successor'
  | 'edition'
  | 'sign-in-kind'
  | 'first-passphrase';

/** What one operator did to another, or in their name (rules/two-persons). */
export type HandKind = 'made' | 'invited' | 'recovered' | 'changed' | 'token';

export type LockedOut = 'caller' | 'sign-in';

/** Who a command is about, for a next step that can be copied. `account` is its number. */
export interface Who {
  readonly account: string;
  readonly login: string;
}
