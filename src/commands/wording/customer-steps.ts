/** The terminal's next steps for the customer's own people. The desk reads them too, where it meets the same refusal. */
import type { CustomerSteps } from '../../refusals/customer-reasons.js';
import type { Who } from '../../refusals/facts.js';
import { counted, either, type Sentences } from './sentences.js';

const PORTAL = 'countersign portal';

/** The options that name a person, for a command that can be copied. */
export const optionsOf = ({ account, login }: Who): string => `--account ${account} --as ${login}`;

/** How a second sign-in method is set up; with a person, the command names them. */
export function setUpMethod(kinds: readonly string[], who: Who | null): string {
  const [first = '', ...others] = kinds;
  const also = others.length === 0 ? '' : `   (or ${either(others)})`;
  return `Set one up with: ${PORTAL} mfa add ${first}${who === null ? '' : ` ${optionsOf(who)}`}${also}`;
}

export const CUSTOMER_STEPS: Sentences<CustomerSteps> = {
  'nothing-changed': () => 'Nothing was changed.',
  'nothing-set': () => 'Nothing was set.',
  'try-again': () => 'Try again.',
  'nothing-reset': () => 'Nothing was reset. Try again.',
  'one-of': ({ known }) => `Choose one of: ${known.join(', ')}.`,
  'several-words': () => 'Several words in a row are easy to type and hard to guess.',
  'set-clock': () => "This machine's clock is behind the desk's. Set it right first.",
  wait: () => 'Wait until then.',
  'wait-or-other-method': () => 'Wait until then, or use another method.',
  'desk-mends-phone': () =>
    'Choose another method, or ask your support desk to correct the number, with its country code (+…).',
  'other-method': () => 'Choose another method. A contact that was changed can be used some days later.',
  'other-method-or-later': () => 'Use another method (--factor), or try again in a few minutes.',
  'call-desk': () => 'Call your support desk.',
  'call-known-number': () => 'Call your support desk on the number you know.',
  'desk-unlocks': () => 'Call your support desk. A lead there can end it.',
  'desk-invites': () => 'Ask your support desk for a new invitation.',
  'desk-keeps-store': () => 'Nothing was set up. Tell your support desk.',
  'desk-moves-edition': () => 'Ask your support desk about moving to X Series.',
  'desk-sends-code': () => 'Call your support desk. It can send a code to your address on file.',
  'desk-for-more': () => 'To reset more, ask your support desk.',
  'ask-admin': () => 'Ask an admin of your company.',
  'ask-admin-or-desk': () => 'Ask an admin of your company, or call your support desk.',
  'ask-admin-or-call': () => 'Ask an admin of your company, or call your support desk on the number you know.',
  'ask-primary-admin': () => 'Ask the primary admin of your company.',
  'ask-admin-set-up-own': ({ kinds }) => `Ask an admin. For yourself alone: ${PORTAL} mfa add ${kinds[0] ?? ''}`,
  'portal-sign-in': () => `Sign in with: ${PORTAL} login   (scripts: --password-stdin on each command)`,
  'sign-in-by-password': () => `Use: ${PORTAL} login`,
  'sign-in-by-sso': () => `Use: ${PORTAL} login --sso   If single sign-on is broken, ask an admin of your company.`,
  'sign-in-or-desk-sets-sso': () => `Sign in with: ${PORTAL} login   Your support desk can set up single sign-on.`,
  'desk-sets-keys': () => 'Tell your support desk. It has to set the keys again.',
  'try-in-a-minute': () => 'Try again in a minute.',
  'new-id-token': () => 'Sign in at your identity provider again to get a new one.',
  'name-login': () => 'Name your login with --as, or ask your support desk to put your address on file.',
  'retry-portal-sign-in': ({ failures }) =>
    `Try again. After ${counted(failures, 'failure')} the login is locked out for a while. If you have no password yet: ${PORTAL} activate`,
  'retry-code': ({ failures }) =>
    `Try again with a new code, and check that your phone sets its clock automatically. After ${counted(failures, 'failure')} codes are locked out for a while.`,
  'give-portal-code': (who) => `Give it with: ${PORTAL} login ${optionsOf(who)} --code CODE`,
  'set-up-method': ({ kinds, who }) => setUpMethod(kinds, who),
  'give-password-again': () => `Give it when asked, with --password-stdin, or with: ${PORTAL} login`,
  'sign-in-with-factor': (who) => `Sign in with it, not by a remembered device: ${PORTAL} login ${optionsOf(who)}`,
  'sign-in-without-device': (who) => `Sign in with it, without --device: ${PORTAL} login ${optionsOf(who)}`,
  'give-password-and-code': () =>
    `Give the password with the command, and the code with --code; or sign in again: ${PORTAL} login`,
  'sign-in-and-look': () => 'Sign in again and check.',
  'remember-at-code': () => 'Sign in once more with --remember. The login that sets a method up is too early for it.',
  'begin-set-up': ({ kind }) => `Begin with: ${PORTAL} mfa add ${kind}`,
  'next-code-or-begin': ({ kind }) =>
    `Check that your phone sets its clock automatically. Try the next code, or begin again with: ${PORTAL} mfa add ${kind}`,
  'give-enrolment-code': () => 'It is in the mail to your address on file. Give it with: --enrolment-code CODE',
  'enrolment-code-in-mail': () => 'It is in the mail to your address on file. For a new one, call your support desk.',
  'list-methods': () => `See: ${PORTAL} mfa list`,
  'list-devices': () => `See: ${PORTAL} devices list`,
  'list-sessions': () => `See: ${PORTAL} sessions list`,
  'codes-follow-contact': () => `Its codes go to your contact on file. See: ${PORTAL} mfa list`,
  'methods-set-up': ({ kinds }) =>
    kinds.length === 0 ? 'No method is set up.' : `Methods that are set up: ${kinds.join(', ')}.`,
  'replace-method': () => `Add another one first, or replace it: ${PORTAL} mfa add totp --replace ID`,
  'phrase-instance': ({ phrase }) => `For instance, this one was drawn just now and nobody knows it: ${phrase}`,
  'set-own-passphrase': () => `Set your own with: ${PORTAL} passphrase set`,
  'set-own-if-forgotten': () => `If you forgot it, set a new one with: ${PORTAL} passphrase set`,
  'tell-desk-and-set': () => 'Tell your support desk, and set a new one.',
  'admins-have-one': () => 'Only admins have one, because only they make protected requests.',
  'admin-has-all': () => 'As an admin you hold every privilege.',
  'revoke-category': ({ user, category }) =>
    `Revoke the category, then grant what should stay: ${PORTAL} team revoke ${user} ${category}`,
  'privileges-for-others': () => 'Privileges are given to users and secondary admins.',
  'other-admin-or-wait': () => 'Another admin of the company can do it now. Its admins were told of the new role.',
  'hand-over-instead': () =>
    `Give single privileges: ${PORTAL} team grant   Or hand the role over: ${PORTAL} team hand-over`,
  'name-other-login': () => 'Name another login.',
  'admin-all-user-none': () => 'There an admin holds all privileges, and a user holds none.',
  'search-users': () => 'Check the spelling. An admin sees the team with: countersign portal team list',
  'name-by-login': () => 'Name one of them by its login or id.',
  'lead-thaws': () => 'Ask your support desk.',
  'change-own-methods': () => `Change your own methods with: ${PORTAL} mfa`,
  'give-number': ({ count }) => `Check the list of users, then add: --confirm ${count}   --yes does not replace it.`,
  'look-again': () => 'Nothing was changed. Check the list of users again.',
  'objector-or-desk': () =>
    'The admin who objected can reset it, or your support desk, where a second person must agree. Call the number you know.',
  'reference-in-notice': () => 'Use the reference in our notice about the reset.',
};
