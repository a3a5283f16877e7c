/**
 * Why a rule or a procedure says no, without words: each reason with its facts, and each next step with the facts that it needs.
 * The front ends have the sentences (`commands/wording` for the terminal). What a customer can meet stands in the customers' half;
 * the types make sure that both tables are complete.
 */

/** Reasons and steps without facts. */
type Bare = Readonly<Record<never, never>>;
/** Milliseconds since the epoch. */
type Moment = number;

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

export type ApprovalReason = 'own-reset' | 'admin-target' | 'objected-reset' | 'bulk-over-limit';

export type LockedOut = 'caller' | 'sign-in';

/** Who a command is about, for a next step that can be copied. `account` is its number. */
export interface Who {
  readonly account: string;
  readonly login: string;
}

/** What only the desk meets. */
export interface DeskReasons {
  // operators
  'nobody-signed-in': Bare;
  'session-ended': Bare;
  'session-too-old': { readonly hours: number };
  'session-idle': { readonly minutes: number };
  'token-unknown-here': Bare;
  'token-revoked': Bare;
  'token-expired': Bare;
  'operator-disabled': { readonly operator: string };
  'operator-gone': Bare;
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

/** What customers meet; some of it the desk meets too. */
export interface CustomerReasons {
  // signing in
  'not-signed-in-to-portal': { readonly login: string };
  'portal-sign-in-wrong': Bare;
  'login-locked': Bare;
  'login-locked-until': { readonly until: Moment };
  'login-finished': Bare;
  'login-needs-code': Bare;
  'login-needs-method': Bare;
  'signs-in-by-sso': Bare;
  'signs-in-by-password': Bare;
  'mfa-outside-edition': Bare;
  'activation-wrong': Bare;
  'sso-not-set-up': { readonly account: string };
  'id-token-refused': { readonly why: IdTokenFault };
  'id-token-names-none': Bare;
  'provider-keys-unreadable': Bare;
  // proofs and roles
  'password-needed-lately': { readonly minutes: number };
  'factor-needed': Bare;
  'factor-needed-lately': Bare;
  'factor-for-methods': Bare;
  'admins-require-mfa': Bare;
  'admins-reset': Bare;
  'admins-object': Bare;
  'admins-assign': Bare;
  // methods and codes
  'code-wrong': Bare;
  'codes-guessed': { readonly until: Moment };
  'codes-unused': { readonly until: Moment };
  'code-not-sent': Bare;
  'contact-not-on-file': { readonly contact: 'email' | 'phone'; readonly days: number; readonly login: string };
  'method-first': Bare;
  'methods-gone': { readonly user: string; readonly entry: number };
  'set-up-not-begun': Bare;
  'first-code-wrong': Bare;
  'enrolment-code-needed': Bare;
  'enrolment-code-wrong': Bare;
  'method-set-up-already': { readonly title: string };
  'method-to-replace-unknown': { readonly id: string };
  'method-not-set-up': { readonly login: string; readonly kind: string };
  'method-unknown': { readonly id: string };
  'last-method': Bare;
  'remember-too-early': Bare;
  'mfa-not-in-edition': Bare;
  // passphrase and password
  'phrase-refused': Bare;
  'text-too-long': { readonly most: number };
  'text-broken': Bare;
  'passphrase-overtaken': Bare;
  'password-overtaken': Bare;
  'no-passphrase-yet': Bare;
  'plain-user-no-passphrase': Bare;
  'copy-differs': Bare;
  'not-readable': { readonly because: 'set-by-desk' | 'lost' };
  'view-switched-off': Bare;
  'app-password-form': { readonly min: number; readonly max: number };
  'app-password-is-name': Bare;
  'app-password-is-passphrase': Bare;
  // the company
  'user-gone': Bare;
  'user-unknown': { readonly reference: string; readonly number: string | null };
  'user-ambiguous': { readonly count: number; readonly account: string; readonly email: string };
  'scope-unknown': { readonly scope: string };
  'own-privileges': Bare;
  'admin-holds-all': Bare;
  'scopes-not-in-edition': Bare;
  'resets-frozen': { readonly until: Moment | null; readonly by: string };
  'own-reset': Bare;
  'too-many-at-once': { readonly most: number };
  'reset-objected': Bare;
  'reset-unknown': { readonly id: string };
  'reset-settled': Bare;
  overtaken: Bare;
}

export type Reasons = DeskReasons & CustomerReasons;
export type Reason = keyof Reasons;

/** Next steps of the desk. */
export interface DeskSteps {
  'sign-in': Bare;
  'sign-in-in-person': Bare;
  'sign-in-again': Bare;
  'give-code': Bare;
  'code-works-once': Bare;
  'retry-sign-in': { readonly failures: number };
  'set-up-authenticator': { readonly name: string; readonly role: string };
  'wait-for-owner': Bare;
  'wait-for-admin': Bare;
  'admin-lifts': Bare;
  'lead-lifts': Bare;
  'ask-permitted': { readonly permission: string };
  'ask-lead': Bare;
  'ask-other-lead': Bare;
  'ask-other-admin': Bare;
  'ask-other-operator': Bare;
  'other-operator-takes-call': Bare;
  'other-operator-or-portal': Bare;
  'approver-signs-in': Bare;
  'tell-lead': Bare;
  'list-operators': Bare;
  'list-operators-or-add': Bare;
  'list-tokens': Bare;
  'list-grants': Bare;
  'list-messages': Bare;
  'list-jobs': Bare;
  'list-approvals': Bare;
  'list-decided': Bare;
  'other-name': Bare;
  'operator-name-example': Bare;
  'expires-example': Bare;
  'role-of-owner': Bare;
  'verify-caller': Bare;
  'call-id-form': Bare;
  'begin-call': Bare;
  'resume-call': { readonly id: string };
  'show-account': { readonly number: string };
  'show-user': { readonly number: string; readonly login: string };
  'show-approval': { readonly id: string };
  'show-job': { readonly id: string };
  'show-status': { readonly login: string };
  'search-accounts': Bare;
  'give-account': Bare;
  'name-by-number': Bare;
  'written-request': Bare;
  'name-written-request': Bare;
  'sso-together': Bare;
  'https-example': Bare;
  'key-set-form': Bare;
  'public-keys-only': Bare;
  'mend-rows': Bare;
  'name-columns': { readonly columns: string };
  columns: { readonly columns: string };
  'several-files': Bare;
  'save-as-utf8': Bare;
  'csv-quotes': Bare;
  'check-file': Bare;
  'enable-user': { readonly who: string };
  'put-email-on-file': { readonly who: string };
  'native-login-of-admins': Bare;
  'address-usable-from': { readonly from: Moment };
  'admin-calls': Bare;
  'owner-changes': { readonly path: string };
  'owner-sets': { readonly path: string };
  'read-path-aloud': { readonly path: string };
  'keep-store-nothing-set': Bare;
  'raise-words': Bare;
  'audit-verify': Bare;
  'nothing-done-audit-verify': Bare;
  'reject-and-verify': Bare;
  'keep-store': Bare;
  'name-of-log': { readonly log: string };
  'use-checkpoint': Bare;
  'entry-numbers': Bare;
  'name-actor': Bare;
  approve: { readonly id: string };
  'later-time': Bare;
  'plan-here': Bare;
  'take-line-out': Bare;
  'bulk-instead': Bare;
  'resume-job': { readonly id: string };
  'someone-of-account': Bare;
  'admin-in-console': Bare;
  'admin-must-call': Bare;
  'mend-policy': Bare;
  'name-one-action': { readonly near: string | undefined; readonly known: readonly string[] };
  'time-forms': Bare;
  'newest-version': Bare;
  'rekey-again': Bare;
  'mend-and-rekey': Bare;
}

/** Next steps of customers; some of them the desk meets too. */
export interface CustomerSteps {
  'nothing-changed': Bare;
  'nothing-set': Bare;
  'try-again': Bare;
  'nothing-reset': Bare;
  'one-of': { readonly known: readonly string[] };
  'several-words': Bare;
  'set-clock': Bare;
  wait: Bare;
  'wait-or-other-method': Bare;
  'other-method': Bare;
  'other-method-or-later': Bare;
  'call-desk': Bare;
  'call-known-number': Bare;
  'desk-unlocks': Bare;
  'desk-invites': Bare;
  'desk-keeps-store': Bare;
  'desk-moves-edition': Bare;
  'desk-sends-code': Bare;
  'desk-for-more': Bare;
  'ask-admin': Bare;
  'ask-admin-or-desk': Bare;
  'ask-admin-or-call': Bare;
  'ask-primary-admin': Bare;
  'ask-admin-set-up-own': { readonly kinds: readonly string[] };
  'portal-sign-in': Bare;
  'sign-in-by-password': Bare;
  'sign-in-by-sso': Bare;
  'sign-in-or-desk-sets-sso': Bare;
  'desk-sets-keys': Bare;
  'new-id-token': Bare;
  'name-login': Bare;
  'retry-portal-sign-in': { readonly failures: number };
  'retry-code': { readonly failures: number };
  'give-portal-code': Who;
  'set-up-method': { readonly kinds: readonly string[]; readonly who: Who | null };
  'give-password-again': Bare;
  'sign-in-with-factor': Who;
  'sign-in-without-device': Who;
  'give-password-and-code': Bare;
  'sign-in-and-look': Bare;
  'remember-at-code': Bare;
  'begin-set-up': { readonly kind: string };
  'next-code-or-begin': { readonly kind: string };
  'give-enrolment-code': Bare;
  'enrolment-code-in-mail': Bare;
  'list-methods': Bare;
  'codes-follow-contact': Bare;
  'methods-set-up': { readonly kinds: readonly string[] };
  'replace-method': Bare;
  'phrase-instance': { readonly phrase: string };
  'set-own-passphrase': Bare;
  'set-own-if-forgotten': Bare;
  'tell-desk-and-set': Bare;
  'admins-have-one': Bare;
  'admin-has-all': Bare;
  'privileges-for-others': Bare;
  'admin-all-user-none': Bare;
  'search-users': Bare;
  'name-by-login': Bare;
  'lead-thaws': Bare;
  'change-own-methods': Bare;
  'reference-in-notice': Bare;
}

export type Steps = DeskSteps & CustomerSteps;
export type Step = keyof Steps;

/** What a refusal carries in place of a sentence. */
export interface Because {
  readonly reason: Reason;
  readonly facts: object;
}

export interface NextStep {
  readonly step: Step;
  readonly facts: object;
}
