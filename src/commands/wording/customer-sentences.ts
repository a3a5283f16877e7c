/**
 * The terminal's sentences for the customer's own people. They name no operator, and nothing that only the desk can do. The desk reads
 * them too, where it meets the same refusal.
 */
import type { CustomerReasons } from '../../refusals/customer-reasons.js';
import type { IdTokenFault } from '../../refusals/facts.js';
import { counted, type Sentences } from './sentences.js';

const TOKEN_FAULTS: Readonly<Record<IdTokenFault, string>> = {
  'access-token': 'it is an access token',
  'other-kind': 'it is not for signing in',
  'other-person': 'another person of your identity provider has this login',
  'other-request': 'it belongs to another sign-on request',
  'other-application': 'it was issued for another application',
  expired: 'it has expired',
  claims: 'its issuer, its audience or its times are wrong',
  signature: 'its signature is not from your identity provider',
  'no-key': 'it was signed with a key that your identity provider does not publish',
  'several-keys': 'it does not say which key signed it',
  algorithm: 'countersign does not accept its signature algorithm',
  'used-before': 'it was used before',
  'not-a-token': 'it is not an ID token',
};

const LOCKED = 'this login is locked out after too many wrong answers';

export const CUSTOMER_SENTENCES: Sentences<CustomerReasons> = {
  'not-signed-in-to-portal': ({ login }) => `${login} is not signed in to the portal`,
  'portal-sign-in-wrong': () => 'the account, the login or the password is wrong',
  'login-locked': () => LOCKED,
  'login-locked-until': ({ until }, when) => `${LOCKED}; the next try is possible ${when(until)}`,
  'login-finished': () => 'you have finished this login; it needs nothing more',
  'login-needs-code': () => 'this login is not finished: it needs a code',
  'login-needs-method': () => 'this login is not finished: set up a second sign-in method first',
  'signs-in-by-sso': () => 'you sign in by single sign-on, not with a password',
  'signs-in-by-password': () => 'you sign in with your password, not by single sign-on',
  'mfa-outside-edition': () =>
    'nobody can sign in: your account requires multi-factor authentication, but its edition does not include it',
  'activation-wrong': () => 'the account, the login or the code is wrong, or the code was used or has expired',
  'sso-not-set-up': ({ account }) => `single sign-on is not set up for ${account}`,
  'id-token-refused': ({ why }) => `the ID token is not accepted: ${TOKEN_FAULTS[why]}`,
  'id-token-names-none': () => 'the ID token does not name exactly one login of this account',
  'sso-too-often': () => 'too many sign-ons of this company failed just now',
  'provider-keys-unreadable': () => "your identity provider's keys cannot be read",

  'password-needed-lately': ({ minutes }) =>
    `this needs your application password, given within the last ${counted(minutes, 'minute')}`,
  'factor-needed': () => 'this needs your second factor',
  'factor-needed-lately': () => 'this needs your second factor again, because you signed in some minutes ago',
  'factor-for-methods': () => 'changing sign-in methods needs your second factor',
  'admins-require-mfa': () => 'only an admin of your company may require multi-factor authentication',
  'admins-reset': () => 'only an admin of your company may reset users',
  'admins-object': () => 'only an admin of your company may object to a reset',
  'admins-assign': () => 'only an admin who assigns privileges may see and change the team',

  'code-wrong': () => 'the code is wrong, was used before, or has expired',
  'codes-guessed': ({ until }, when) => `too many wrong codes; you can get a new one ${when(until)}`,
  'codes-unused': ({ until }, when) => `too many codes were sent and not used; you can get a new one ${when(until)}`,
  'code-not-sent': () => 'the code could not be sent just now',
  'phone-not-dialled': ({ login, ending }) =>
    `the phone number on file for ${login} (…${ending}) cannot be dialled: its country code is missing, or it is not a whole number`,
  'contact-not-on-file': ({ contact, days, login }) =>
    `${login} has no ${contact === 'email' ? 'e-mail address' : 'phone number'} that has been on file for ${counted(days, 'day')}`,
  'method-first': () => 'set up a second sign-in method before you make backup codes',
  'methods-gone': ({ user }) => `the sign-in methods of ${user} are missing from the store`,
  'password-gone': ({ user }) => `the password of ${user} is missing from the store`,
  'lock-gone': ({ subject }) => `the count of failed attempts for ${subject} is missing from the store`,
  'set-up-not-begun': () => 'you have not begun a set-up that this code could confirm',
  'first-code-wrong': () => 'the code is wrong, was used before, or has expired; the method is not set up yet',
  'enrolment-code-needed': () => 'setting up a sign-in method needs the enrolment code from our mail',
  'enrolment-code-wrong': () => 'the enrolment code is wrong or has expired',
  'method-set-up-already': ({ title }) => `you have set up this method already: ${title}`,
  'method-to-replace-unknown': ({ id }) => `you have no sign-in method ${id} that could be replaced`,
  'method-not-set-up': ({ login, kind }) => `${login} has not set up this method: ${kind}`,
  'method-unknown': ({ id }) => `you have no sign-in method ${id}`,
  'last-method': () => 'you cannot remove your last sign-in method, because your company requires one',
  'remember-too-early': () => 'a device can be remembered only at a login that asked for a code',
  'device-unknown': ({ id }) => `you have no remembered device ${id}`,
  'session-unknown': ({ id }) => `you have no open session ${id}`,
  'mfa-not-in-edition': () => 'your account is classic; only X Series accounts have multi-factor authentication',

  'phrase-refused': () => 'you cannot use this passphrase',
  'text-too-long': ({ most }) => `the text is longer than ${most} characters`,
  'text-broken': () => 'the text contains a broken character',
  'passphrase-overtaken': () => 'your passphrase is being changed elsewhere at this moment',
  'password-overtaken': () => 'your password is being changed elsewhere at this moment',
  'no-passphrase-yet': () => 'you have no passphrase yet',
  'plain-user-no-passphrase': () => 'a plain user has no passphrase',
  'copy-differs': () => 'the readable copy is not your present passphrase, so it is not shown',
  'not-readable': ({ because }) =>
    because === 'set-by-desk'
      ? 'your passphrase cannot be shown, because the support desk set it on the set-up call; it still verifies you'
      : 'your passphrase cannot be shown, because no readable copy of it was kept; it still verifies you',
  'view-switched-off': () => 'your support desk keeps no readable copies of passphrases, so none can be shown',
  'app-password-form': ({ min, max }) => `an application password must have ${min} to ${max} characters`,
  'app-password-weak': () => 'this password is too easy to guess',
  'app-password-is-passphrase': () =>
    'your application password must not be your passphrase, because you say that one to other people',

  'user-gone': () => 'this user no longer exists',
  'user-unknown': ({ reference, number }) =>
    number === null ? `no user matches "${reference}"` : `no user matches "${reference}" in account ${number}`,
  'user-ambiguous': ({ count, account, email }) => `${count} logins of ${account} go by "${email}" (login or e-mail)`,
  'scope-unknown': ({ scope }) => `there is no scope "${scope}"`,
  'scope-inside-category': ({ user, scope, category }) =>
    `${user} holds all of ${category}, so ${scope} alone cannot be taken away`,
  'own-privileges': () => 'you cannot change your own privileges',
  'admin-holds-all': () => 'an admin holds every privilege; nothing can be given or taken',
  'power-held': ({ until }, when) =>
    `this role is new in a company that has an admin already, so it can act for others only later; it can ${when(until)}`,
  'one-primary-admin': () => 'a Classic account has one primary admin',
  'admin-already': ({ login }) => `${login} is an admin already`,
  'successor-disabled': ({ login }) => `the login ${login} is disabled`,
  'scopes-not-in-edition': () => 'in X Series accounts privileges are not assigned one by one',
  'resets-frozen': ({ until }, when) =>
    `your support desk has stopped all resets${until === null ? '' : `; they will be possible again ${when(until)}`}`,
  'own-reset': () => 'you cannot reset yourself',
  'portal-reset-reason': () => 'missing: --reason, why these users are reset',
  'portal-reset-number': ({ count }) => `missing: --confirm, the number of users to reset (these: ${count})`,
  'portal-reset-other-number': ({ confirmed, count }) =>
    `--confirm ${confirmed} is not the number of users who would be reset: it is ${count}`,
  'portal-reset-pace': ({ limit }) => `one admin can reset at most ${counted(limit, 'user')} in an hour`,
  'other-admin-objected': ({ logins }) =>
    `another admin of your company objected to the reset of ${logins.join(', ')}; you alone cannot reset this login again`,
  'too-many-at-once': ({ most }) => `at most ${most} users can be reset at once`,
  'reset-objected': () => 'nothing can be set up for this login, because somebody objected to its reset',
  'reset-unknown': ({ id }) => `your company has no reset "${id}"`,
  'reset-settled': () => 'that reset is settled: it was undone, or the user has enrolled again',
  overtaken: () => 'somebody else is changing the same users at this moment',
};
