/** Reasons and next steps that customers meet, each with its facts. The desk meets some of them too. */
import type { Bare, IdTokenFault, Moment, Who } from './facts.js';

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
  'app-password-weak': Bare;
  'app-password-is-passphrase': Bare;
  // the company
  'user-gone': Bare;
  'user-unknown': { readonly reference: string; readonly number: string | null };
  'user-ambiguous': { readonly count: number; readonly account: string; readonly email: string };
  'scope-unknown': { readonly scope: string };
  'own-privileges': Bare;
  'scope-inside-category': { readonly user: string; readonly scope: string; readonly category: string };
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
  'revoke-category': { readonly user: string; readonly category: string };
  'admin-all-user-none': Bare;
  'search-users': Bare;
  'name-by-login': Bare;
  'lead-thaws': Bare;
  'change-own-methods': Bare;
  'reference-in-notice': Bare;
}
