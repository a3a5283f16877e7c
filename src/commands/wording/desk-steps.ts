/** The terminal's next steps for the desk: a sentence, or a command to type. */
import type { CustomerSteps } from '../../refusals/customer-reasons.js';
import type { DeskSteps } from '../../refusals/desk-steps.js';
import { counted, either, type Sentences } from './sentences.js';

const SIGN_IN = 'Sign in with: countersign login';

/** All of the desk's own, and what it reads differently from a customer. */
export const DESK_STEPS: Sentences<DeskSteps> & Partial<Sentences<CustomerSteps>> = {
  'sign-in': () => `${SIGN_IN}   (scripts: COUNTERSIGN_TOKEN)`,
  'sign-in-in-person': () => SIGN_IN,
  'sign-in-again': () => 'Sign in again with: countersign login',
  'give-code': () => 'Give it with: countersign login --code CODE',
  'code-works-once': () => 'A code works only once. Wait for the next code.',
  'confirm-clock': () =>
    "If this machine's clock is right, confirm it: countersign store clock   If not, set it right.",
  'repair-clock': () =>
    'Set the clock of this machine. If it is right, another machine was wrong: countersign store clock',
  'retry-sign-in': ({ failures }) =>
    `Try again. After ${counted(failures, 'failure')} the sign-in is locked out for a while.`,
  'set-up-authenticator': ({ name, role }) =>
    `Finish it with your start code: countersign operator start ${name} --code CODE   An admin can make a new code: countersign operator edit ${name} --role ${role}`,
  'ask-admin-for-start': () =>
    'Try again, or ask an admin for a new start code: countersign operator recover NAME --reason TEXT',
  'start-then': () => 'Start again then. If you did not ask for this, sign in as usual: that ends it. Tell your lead.',
  'next-app-code': () => 'Wait for the next code of the app, and check the clock of the phone.',
  'lost-own-password': () =>
    'If you lost it, another admin can give you a start code: countersign operator recover NAME --reason TEXT',
  'use-recovery-code': () =>
    'Another admin can do it. If you lost your authenticator: countersign logout, then countersign operator recover NAME --recovery-code-stdin',
  'own-recovery-code': () =>
    'No other operator can approve here. Give one of your own recovery codes with --recovery-code-stdin; the start code is then valid only after a wait.',
  'recovery-code-form': () => 'A recovery code looks like 7-X4T2-9KQM-0HVB-ZC3R. Each works once.',
  'enable-operator': ({ name }) => `Enable the operator first: countersign operator edit ${name} --enable`,
  'email-example': () => 'For instance: --email mira@desk.example',
  'wait-for-owner': () => 'Wait until then. The owner can also end it by signing in to the portal.',
  'wait-for-admin': () => 'Wait until then, or ask an admin to end it with: countersign operator edit NAME --unlock',
  'admin-lifts': () => 'An admin can end it with: countersign operator edit NAME --unlock',
  'lead-lifts': () => 'A lead can end it with: countersign user unlock ACCOUNT/LOGIN --reason TEXT',
  'ask-permitted': ({ permission }) => `It needs the permission ${permission}. Ask a lead or an admin.`,
  'ask-lead': () => 'Ask a lead or an admin.',
  'ask-other-lead': () => 'Ask another lead or admin.',
  'ask-other-lead-or-code': () =>
    'Ask another lead or admin. If there is no other, approve with one of your recovery codes: --recovery-code-stdin',
  'ask-one-of': ({ names }) => `Ask ${either(names)}.`,
  'approve-as-usual': () => 'Approve it without a recovery code.',
  'ask-other-admin': () => 'Ask another admin.',
  'ask-other-operator': () => 'Ask another operator.',
  'other-operator-takes-call': () => 'You cannot verify yourself. Another operator must take this call.',
  'other-operator-or-portal': () => 'Ask another operator, or set it in the portal.',
  'approver-signs-in': () =>
    'A lead or an admin adds --approver NAME, and gives password and code when asked (scripts: --approver-password-stdin --code CODE).',
  'list-operators': () => 'See: countersign operator list',
  'list-operators-or-add': () =>
    'See: countersign operator list   To make one for scripts: countersign operator add NAME --role R --no-password',
  'list-tokens': () => 'See: countersign operator token list',
  'list-grants': () => 'See: countersign grant list',
  'list-messages': () => 'See: countersign outbox list',
  'list-jobs': () => 'See: countersign job list',
  'list-approvals': () => 'See: countersign approval list',
  'list-decided': () => 'See: countersign approval list --all',
  'other-name': () => 'Choose another name.',
  'operator-name-example': () => 'For instance: --operator mira',
  'expires-example': () => 'For instance: --expires 24h or --expires 30d',
  'role-of-owner': () => 'Choose a role that the owner has or that may do less.',
  'hear-phrase': () => 'Ask the caller for the passphrase.',
  'verify-caller': () => 'Verify the caller: countersign verify --account A --caller U --for login-security:mfa-reset',
  'call-id-form': () => 'A call id looks like call_7kq2mp: six letters and digits, without I, L, O and U.',
  'begin-call': () => 'Begin a new call.',
  'resume-call': ({ id }) => `To go on with the call: countersign console --call ${id}`,
  'show-account': ({ number }) => `See: countersign account show ${number}`,
  'show-user': ({ number, login }) => `See: countersign user show ${number}/${login}`,
  'show-approval': ({ id }) => `See: countersign approval show ${id}`,
  'show-job': ({ id }) => `See: countersign job show ${id}`,
  'show-status': ({ login }) => `Nothing was changed. See: countersign mfa status ACCOUNT/${login}`,
  'search-accounts': () => 'Search for it with: countersign account search TEXT',
  'give-account': () => 'Give --account A, or write ACCOUNT/LOGIN.',
  'name-by-number': () => 'Name one of them by its number or id.',
  'written-request': () => 'Ask an admin of the desk. The customer must request it in writing.',
  'name-written-request': () => 'Name the written request, for instance --reason "letter of 3 May, ticket 4711".',
  'sso-together': () => 'Set issuer, audience and keys together.',
  'admin-switches-mfa-off': () => 'An admin of the company switches it off first: countersign portal mfa require off',
  'drop-privileges': () => 'If that is meant, add: --drop-privileges   An admin can raise one of them later.',
  'https-example': () =>
    'For instance: https://login.example.com   (http is allowed only for a provider on this machine)',
  'stronger-key': () => 'The provider must sign with an RSA key of 2048 bits or more, or with an elliptic curve.',
  'key-set-form': () => 'It looks like {"keys":[{"kty":"RSA",…}]}. Download it from the provider (jwks_uri).',
  'public-keys-only': () => "Give only the provider's public keys. Treat that private key as leaked.",
  'mend-rows': () => 'Correct the rows named above and import the whole file again.',
  'name-columns': ({ columns }) => `The first line must name the columns. ${columns}`,
  columns: ({ columns }) => columns,
  'several-files': () => 'Split it into several files.',
  'save-as-utf8': () => 'Save it as "CSV UTF-8" and try again.',
  'csv-quotes': () => 'Write a cell that contains quotes like this: "like ""this""".',
  'check-file': () => 'Check that this is the right file, and check its separator. Nothing was changed.',
  'enable-user': ({ who }) => `Enable it first: countersign user enable ${who}`,
  'put-email-on-file': ({ who }) => `Add one first: countersign user edit ${who} --email ADDRESS`,
  'native-login-of-admins': () => 'With SSO, only admins keep a login with an application password.',
  'invitation-in-mail': () =>
    'The newest invitation is in the mailbox of the user, or look for it: countersign outbox list',
  'address-usable-from': ({ from }, when) => `The present address can be used ${when(from)}.`,
  'admin-calls': () => 'Plain users cannot make protected requests. Their admin calls for them.',
  'owner-changes': ({ path }) => `Only the owner can change it. Read aloud: ${path}`,
  'owner-sets': ({ path }) => `Only the owner can set it now. Read aloud: ${path}`,
  'read-path-aloud': ({ path }) => `Read aloud: ${path}`,
  'keep-store-nothing-set': () =>
    'Nothing was set. Leave the store as it is and tell your lead; a backup shows what the row contained.',
  'raise-words': () => 'Raise passphrase.generatedWords in limits.json, or use a longer word list.',
  'audit-verify': () => 'Run: countersign audit verify',
  'nothing-done-audit-verify': () => 'Nothing was done. Leave the store as it is, and run: countersign audit verify',
  'reject-and-verify': () => 'Reject it, and run: countersign audit verify',
  'keep-store': () =>
    'Leave the store as it is, make a copy of it, and tell your lead. A backup shows what the entries were.',
  'name-of-log': ({ log }) => `The log of this desk is ${log}.`,
  'use-checkpoint': () => 'Use a file made with: countersign audit checkpoint',
  'entry-numbers': () => 'The first column has the numbers: countersign audit list',
  'name-actor': () => 'Give the name or id of an operator, the id of a user, or system.',
  approve: ({ id }) =>
    `A lead or an admin decides with: countersign approval approve ${id}   Then run the same command again (or use --wait).`,
  'later-time': () => 'Give a time in the future, or a span such as 2h.',
  'plan-here': () => 'Name its store with --store, or make a new plan. Nothing was changed.',
  'take-line-out': () => 'Remove the line, and ask another operator to reset that user. Nothing was changed.',
  'bulk-instead': () =>
    'Wait, and tell your lead. To reset many users: countersign mfa reset --from FILE --reason TEXT --ticket T',
  'resume-job': ({ id }) => `Go on with: countersign job resume ${id}`,
  'someone-of-account': () => 'Someone of the same account must call.',
  'admin-in-console': () =>
    'An admin of the account can reset the user in the Admin Console. A call cannot change this.',
  'admin-must-call': () => 'An admin of the account must call.',
  'mend-policy': () => 'Correct the files named above, then check them with: countersign policy check',
  'name-one-action': ({ near, known }) =>
    `${near === undefined ? '' : `Did you mean ${near}? `}Choose one of: ${known.join(', ')}.`,
  'time-forms': () => 'Write a date (2026-11-22), a time (2026-11-22T10:15Z) or a span (24h, 30d).',
  'newest-version': () => 'Use the newest version of countersign that is installed at this desk.',
  'rekey-again': () => 'Go on with: countersign store rekey',
  'mend-and-rekey': () =>
    'Repair or restore the values named above, then run: countersign store rekey   The old key stays in place until then.',

  'search-users': () => 'Search for them with: countersign user search TEXT',
  'lead-thaws': () => 'A lead can end the freeze with: countersign mfa thaw',
  'desk-keeps-store': () => 'Nothing was set up. Leave the store as it is.',
};
