/**
 * Every kind of audit entry, by noun. The list is closed, so that a misspelled kind does not compile, and so that a filter which
 * can match nothing is refused. Kinds are never renamed: old entries keep theirs. A text has several verbs.
 */
const KINDS = {
  account: ['added change-refused disabled edited edition-changed enabled invited sign-in-changed'],
  'application-password': ['changed'],
  approval: ['approved decision-refused rejected requested'],
  audit: ['exported'],
  'backup-codes': ['made'],
  call: ['dropped ended general handed-over noted opened resumed'],
  delivery: ['attempted ended pruned resent switched-on tested'],
  desk: ['alarmed founded resumed'],
  device: ['forgotten remembered'],
  directory: ['exported imported staged unstaged viewed'],
  factor: ['added code-started enrolment-begun refused removed'],
  grant: ['revoke-refused revoked'],
  job: ['advanced ended interrupted resumed started'],
  key: ['backed-up'],
  mfa: [
    'required not-required code-resent',
    'reset reset-refused reset-undone undo-refused objected frozen thawed',
    'remote-started remote-gated remote-reset remote-again remote-lifted reconciled',
  ],
  operator: [
    'added disabled edited enabled denied',
    'set-up set-up-refused set-up-started recovery-codes-made',
    'sign-in-refused sign-in-started signed-in signed-out session-seen code-given',
    'password-changed password-refused password-started',
    'recover-judged recover-refused recover-started recovered',
  ],
  passphrase: [
    'set set-refused set-up set-up-refused changed code-sent proof-judged',
    'viewed view-refused copy-destroyed',
  ],
  policy: ['accepted'],
  portal: [
    'activated activation-judged activation-started challenged code-refused code-sent code-started denied',
    'enrolment-code-accepted enrolment-code-refused enrolment-code-sent enrolment-code-started',
    'password-given password-reset password-started session-seen sessions-ended token-renewed',
    'sign-in-continued sign-in-refused sign-in-started signed-in signed-out',
  ],
  report: ['made'],
  scope: ['change-refused granted revoked'],
  store: ['backed-up restored migrated vouched rekey-started rekeyed resealed clock-confirmed clock-set-back'],
  token: ['created revoked'],
  user: ['added disabled edited enabled invited promoted handed-over sign-in-changed unlocked viewed'],
  verification: ['refused started verified'],
} as const;

type Nouns = typeof KINDS;
type Verb<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Verb<Rest> : Text;

/** `noun.verb`; past events by their plain name: `verification.started`, `mfa.reset`, `account.added`. */
export type AuditKind = { [N in keyof Nouns]: `${N}.${Verb<Nouns[N][number]>}` }[keyof Nouns] | keyof MoreAuditKinds;

/** Tests add the kinds of entries that seed a desk (test/support/audit-kinds.ts); the product adds none. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with
export interface MoreAuditKinds {}

export const AUDIT_KINDS: readonly string[] = Object.entries(KINDS).flatMap(([noun, verbs]) =>
  verbs.flatMap((text) => text.split(' ').map((verb) => `${noun}.${verb}`)),
);

/** True for a kind, or for the noun of some kinds. */
export const isAuditFilter = (text: string): boolean => Object.hasOwn(KINDS, text) || AUDIT_KINDS.includes(text);
