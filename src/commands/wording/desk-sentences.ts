/** The terminal's sentences for the desk: why a rule or a procedure refused. Each follows `countersign: `, so it begins in lower case. */

import type { CustomerReasons } from '../../refusals/customer-reasons.js';
import type { DeskReasons } from '../../refusals/desk-reasons.js';
import type { ApprovalReason, GrantFault, HandKind, LockedOut, UndoStop } from '../../refusals/facts.js';
import { counted, either, type Sentences } from './sentences.js';
import { localMinute } from './times.js';

const LOCKED: Readonly<Record<LockedOut, string>> = { caller: 'this caller', 'sign-in': 'this operator' };

const GRANT_FAULTS: Readonly<Record<GrantFault, string>> = {
  unknown: 'you have no grant with this id',
  'other-action': 'your grant is for another request',
  revoked: 'the grant was revoked',
  used: 'the grant was used already',
  expired: 'the grant has expired',
  gone: 'its caller, account or request no longer exists',
  'caller-disabled': 'the login of the caller was disabled',
  'authority-changed': "the caller's role, privileges or passphrase have changed since",
  'privilege-lost': 'the caller no longer holds the privilege',
};

/** What one operator did to another. */
const HANDS: Readonly<Record<HandKind, string>> = {
  made: 'made the operator',
  invited: 'made a new start code for',
  recovered: 'recovered',
  changed: 'changed',
  token: 'made a token for',
};

/** What a second operator is asked to approve. */
export const APPROVAL_REASONS: Readonly<Record<ApprovalReason, string>> = {
  'own-reset': 'a reset of the caller themselves',
  'admin-target': 'the reset of an admin',
  'objected-reset': 'a reset that the customer objected to before',
  'bulk-over-limit': 'a bulk run over the limit',
  successor: 'the successor of an admin',
  edition: 'a change of edition',
  'sign-in-kind': 'another way to sign in',
  'first-passphrase': 'a first passphrase by phone',
};

/** Why a reset was not undone. */
export const UNDO_STOPS: Readonly<Record<UndoStop, string>> = {
  'nothing-taken': 'it had removed nothing',
  'undone-before': 'it was undone before',
  'enrolled-again': 'the user has enrolled again',
  superseded: 'the user was reset again later',
  final: 'it was final, and the old factors are destroyed',
  'too-late': 'the time to undo it has passed',
};

/** A column of a file under the name it has on the command line. */
function optionOf(column: string): string {
  if (column === 'scopes') return '--scope';
  return column === 'login' ? 'login' : `--${column.replace('_', '-')}`;
}

const OPTIONS = { issuer: '--sso-issuer', audience: '--sso-audience', jwks: '--sso-jwks' } as const;

/** All of the desk's own, and what it reads differently from a customer. */
export const DESK_SENTENCES: Sentences<DeskReasons> & Partial<Sentences<CustomerReasons>> = {
  'nobody-signed-in': () => 'nobody is signed in',
  'session-ended': () => 'your session has ended',
  'session-of-another': () => 'this session belongs to another person on this machine',
  'session-too-old': ({ hours }) => `your session expired after ${counted(hours, 'hour')}`,
  'session-idle': ({ minutes }) => `your session expired after ${counted(minutes, 'idle minute')}`,
  'token-unknown-here': () => 'this desk does not know the token in COUNTERSIGN_TOKEN',
  'token-revoked': () => 'the token in COUNTERSIGN_TOKEN was revoked',
  'token-expired': () => 'the token in COUNTERSIGN_TOKEN has expired',
  'operator-disabled': ({ operator }) => `the operator ${operator} is disabled`,
  'left-locked': () => 'you left the locked console without signing in',
  'operator-gone': () => 'this operator no longer exists',
  'store-appeared': () => 'a store exists now, and nobody is signed in to it',
  'role-may-not': ({ role }) => `the role ${role} may not do this`,
  'role-may-not-run': ({ role, command }) => `the role ${role} may not run "${command}"`,
  'person-not-token': () => 'only a person with a fresh code may do this, not a token',
  'fresh-code-needed': () => 'this needs a fresh code from your authenticator app',
  'sign-in-wrong': () => 'the name, the password or the code is wrong',
  'authenticator-missing': ({ role }) =>
    `the role ${role} signs in with an authenticator app, and this operator has not set one up`,
  'sign-in-without-authenticator': () => 'this sign-in has no authenticator app',
  'locked-for-good': ({ who }) => `${LOCKED[who]} is locked out after too many wrong answers`,
  'locked-until': ({ who, until }, when) =>
    `${LOCKED[who]} is locked out after too many wrong answers; the next try is possible ${when(until)}`,
  'clock-far-ahead': ({ machineAt, latestAt }) =>
    `this machine's clock says ${localMinute(machineAt)}, but nobody has worked at the desk since ${localMinute(latestAt)}; nothing was written`,
  'clock-behind': ({ machineAt, latestAt }) =>
    `this machine's clock says ${localMinute(machineAt)}, but the log of the desk goes up to ${localMinute(latestAt)}; no code can be checked`,
  'clock-not-behind': () => 'the clock of this machine is not behind the log, so there is nothing to set back',
  'own-role': () => 'you cannot change your own role or disable yourself',
  'role-unknown': ({ role }) => `there is no operator role "${role}"`,
  'operator-name-form': () => "an operator's name has 1 to 100 visible characters",
  'operator-password-form': ({ min, max }) => `an operator's password must have ${min} to ${max} characters`,
  'operator-password-weak': () => 'this password is too easy to guess',
  'operator-email-form': ({ text }) => `--email: "${text}" is not one plain e-mail address`,
  'old-password-wrong': () => 'the present password is wrong; nothing was changed',
  'same-password': () => 'the new password is the same as the present one',
  'start-wrong': () => 'the name or the start code is wrong, or the code was used or has expired',
  'start-too-early': ({ from }, when) => `this start code cannot be used yet; it is valid ${when(from)}`,
  'app-code-wrong': () => 'the code of the authenticator app is wrong, so the app is not set up yet',
  'own-recovery': () => 'you cannot recover yourself in this way',
  'recovery-reason-missing': () => 'missing: --reason, why the operator is recovered',
  'recover-disabled': ({ name }) => `${name} is disabled`,
  'recovery-wrong': () => 'the name, the recovery code or the password is wrong, or the code was used',
  'recovery-code-not-alone': ({ names }) =>
    `a recovery code counts only where no second operator can be asked; ${either(names)} can approve`,
  'approver-changed': () => 'the second operator can no longer approve',
  'operator-name-taken': ({ name }) => `an operator named "${name}" exists already`,
  'operator-unknown': ({ reference }) => `no operator matches "${reference}"`,
  'token-lifetime': ({ maxDays }) => `--expires: a token must end within ${counted(maxDays, 'day')} from now`,
  'token-of-disabled': () => 'this operator is disabled and cannot get a token',
  'token-role': ({ owner, ownerRole, role }) => `a token of ${owner} (${ownerRole}) cannot have the role ${role}`,
  'token-unknown': ({ id }) => `no token has the id "${id}"`,
  'not-own-request': () => 'a recovery code is for a request of your own, and this one is not',
  'own-request': () => 'you cannot decide on your own request',
  'not-two-persons': ({ by, whom, what, at, until }) =>
    `${by} ${HANDS[what]} ${whom} on ${localMinute(at)}, so these two do not count as two persons until ${localMinute(until)}`,
  'role-does-not-approve': ({ role }) => `the role ${role} may not approve`,
  'second-operator-needed': ({ what }) => `${what} needs a second operator, present in person`,

  'caller-is-operator': () => 'this caller is you',
  'caller-being-checked': () => 'other answers of this caller are being checked',
  'phrase-needed': () => 'the phrase must be heard again for this request',
  'grant-unknown': ({ id }) => `you have no grant "${id}"`,
  'grant-needed': ({ why, action }) =>
    why === 'other-action'
      ? `this needs a live grant, and yours is for ${action}`
      : `this needs a live grant: ${GRANT_FAULTS[why]}`,
  'call-unknown': ({ id }) => `no call has the id "${id}"`,
  'call-ended': ({ id }) => `the call ${id} has ended`,

  'values-wrong': ({ faults }) =>
    faults
      .map(({ column, message }) => (column === undefined ? message : `${optionOf(column)}: ${message}`))
      .join('; '),
  'account-number-taken': ({ number, name }) => `the account number ${number} is taken: ${name}`,
  'login-taken': ({ number, login }) =>
    `account ${number} has a login ${login} already (upper case and accents make no difference)`,
  'phone-resets-by-admin': () => 'only an admin of the desk may allow resets by phone again',
  'reason-missing': ({ to }) =>
    to === 'unlock'
      ? 'missing: --reason, why you lift the lock'
      : to === 'disable'
        ? 'missing: --reason, why you disable it'
        : to === 'resume'
          ? 'missing: --reason, what you found'
          : to === 'change-power'
            ? 'missing: --reason, why this is changed'
            : 'missing: --reason, why you allow resets by phone again',
  'edition-loses-mfa': () => 'the company requires multi-factor authentication, which a Classic account does not have',
  'edition-loses-privileges': ({ edition, logins }) =>
    `${edition} does not know single privileges, so these logins would lose theirs: ${logins.join(', ')}`,
  'not-an-admin': ({ login }) => `${login} is not an admin`,
  'sso-off-and-set': () => '--no-sso cannot be combined with settings of single sign-on',
  'sso-incomplete': ({ missing }) => `missing: ${missing.map((one) => OPTIONS[one]).join(', ')}`,
  'not-https': ({ setting, address }) => `${OPTIONS[setting]}: "${address}" is not an https address`,
  'no-key-set': () => `${OPTIONS.jwks}: the file is not a JWK set`,
  'weak-key': ({ position }) => `${OPTIONS.jwks}: key ${position} of the set is an RSA key that can be broken`,
  'private-key': ({ position }) => `${OPTIONS.jwks}: key ${position} of the set is a private key`,
  'account-ambiguous': ({ count, name }) => `${count} accounts are named "${name}"`,
  'account-unknown': ({ reference }) => `no account matches "${reference}"`,
  'account-missing': ({ reference }) => `missing: --account, because "${reference}" could be in any account`,
  'rows-wrong': ({ rows }) => `${rows === 1 ? 'one row has' : `${rows} rows have`} faults; nothing was changed`,
  'file-empty': () => 'the file is empty',
  'file-too-large': ({ mib }) => `the file is larger than ${mib} MiB`,
  'file-not-utf8': () => 'the file is not UTF-8 text; nothing was changed',
  'file-is-workbook': () => 'the file is a workbook (.xlsx, .xls or .ods) and not CSV; nothing was changed',
  'file-too-long': ({ rows }) => `the file has more than ${rows} rows`,
  'file-not-csv': () => 'the file is not well-formed CSV; nothing was changed',
  'too-many-columns': ({ count, most }) => `the file has ${count} columns; countersign reads at most ${most}`,
  'header-wrong': () => 'the first line of the file does not name the expected columns; nothing was changed',
  'invite-disabled': ({ who }) => `${who} is disabled; nobody was invited`,
  'invite-no-email': ({ who }) => `${who} has no e-mail address on file; nobody was invited`,
  'invite-sso': ({ who }) => `${who} signs in by SSO and has no application password; nobody was invited`,
  'invite-address-new': ({ who, days }) =>
    `${who} has a password, but no e-mail address that has been on file for ${counted(days, 'day')}; nobody was invited`,
  'invite-too-often': ({ who, next }, when) =>
    `${who} was invited too often; the next invitation is possible ${when(next)}`,
  'invite-overtaken': ({ who }) => `somebody else is changing ${who} at this moment; nobody was invited`,

  'set-already': () => 'the owner has a passphrase already, and the desk cannot change it',
  'set-up-used': () => 'the set-up call of this user has been used',
  'set-up-code-wrong': () => 'the code of the set-up call is wrong, was used before, or has expired',
  'sets-own-first': () => 'a secondary admin sets their own passphrase before they call',
  'login-disabled': () => 'the login is disabled',
  'own-set-up': () => 'you cannot set up your own passphrase here',
  'passphrase-gone': ({ user }) => `the passphrase of ${user} is missing from the store, although it was set`,
  'too-few-bits': ({ drawn, words, bits, needed }) =>
    `${drawn} of ${words} words give ${bits.toFixed(1)} bits of chance; at least ${needed} are needed`,
  'word-twice': () => 'the list of passphrase words contains a word twice',

  'entries-foreign': ({ entries }) =>
    `${entries.length === 1 ? 'entry' : 'entries'} ${entries.slice(0, 5).join(', ')} ${entries.length === 1 ? 'is' : 'are'} not what this desk logged`,
  'tables-foreign': ({ first, more }) => `${first}${more === 0 ? '' : ` (and ${more} more tables)`}`,
  'log-head-foreign': () => 'this desk did not write the head of the audit log',
  'log-head-size': () => 'the head of the audit log does not fit its size',
  'log-broken': ({ first, more }) =>
    `the audit log does not check out: ${first}${more === 0 ? '' : ` (and ${more} more)`}`,
  'log-reading-stopped': () => 'stopped before the end of the log; nothing was changed',
  'checkpoint-of-other-log': ({ origin }) => `the checkpoint is about another log: ${origin}`,
  'not-a-checkpoint': () => 'the note is signed, but it is not a checkpoint of a log',
  'entry-unknown': ({ seq, size }) => `the log has no entry ${seq}; it has ${size} entries, counted from 0`,
  'entry-unprovable': ({ seq }) => `entry ${seq} cannot be proved: the entries do not lead to the head of the log`,
  'entry-unreadable': ({ seq }) => `entry ${seq} cannot be read`,
  'actor-unknown': ({ reference }) => `no operator matches "${reference}"`,
  'message-unknown': ({ id }) => `no message has the id ${id}`,

  'approval-needed': ({ why }) => `${APPROVAL_REASONS[why]} needs the yes of a second operator`,
  'request-unknown': ({ id }) => `no request has the id "${id}"`,
  'request-rejected': ({ id, reason }) =>
    `the request ${id} was rejected${reason === null ? ', and no reason was given' : `: ${reason}`}`,
  'request-changed': ({ id }) => `the request ${id} was changed after it was made`,
  'request-decided': ({ id, standing }) => `the request ${id} is ${standing}; nothing was changed`,
  'request-about-oneself': () => 'you cannot decide this request: it was made by, or resets, your own login',
  'waiting-stopped': ({ id }) => `stopped waiting; the request ${id} can still be decided`,
  'freeze-end-passed': () => '--until: that time has passed',
  'job-unknown': ({ id }) => `no job has the id "${id}"`,
  'job-or-reset-unknown': ({ id }) => `no job or reset has the id "${id}"`,
  'plan-changed': ({ id }) => `the plan of ${id} was changed after the job began`,
  'plan-of-other-store': () => 'the plan was made in another store',
  'list-empty': () => 'the list is empty',
  'reset-pace': ({ limit }) => `you have reset ${counted(limit, 'user')} within an hour`,
  'run-interrupted': ({ done, total }) => `interrupted after ${done} of ${counted(total, 'user')}`,
  'nobody-reset': ({ id, line }) =>
    line === null ? `the job ${id} has reset nobody` : `line ${line} of ${id} has reset nobody`,
  'reset-stays': ({ login, why }) => `the reset of ${login} cannot be undone: ${UNDO_STOPS[why]}`,
  'other-account': () => 'the caller and the user belong to different accounts',
  'phone-resets-forbidden': ({ account }) => `${account} forbids resets by phone`,
  'admin-by-secondary': () => 'a secondary admin cannot have an admin reset',

  'policy-wrong': ({ source, faults }) => `the policy in ${source} cannot be used: it has ${counted(faults, 'fault')}`,
  'spelling-table-wrong': ({ file, place, fault }) => `${file}: ${place}: ${fault ?? 'not a spelling table'}`,
  'spelling-two-meanings': ({ file, phrase }) => `${file}: "${phrase}" has two meanings`,
  'action-has-parts': ({ text }) => `"${text}" is a category with several requests; name one of them`,
  'action-unknown': ({ text }) => `there is no request "${text}"`,
  'time-unreadable': ({ setting, text }) => `--${setting}: "${text}" is not a time`,
  'folding-unknown': ({ version }) => `this version of countersign does not know folding rules ${version}`,
  'rekey-stopped': () => 'stopped; finished work stays, and both keys are still in place',
  'rekey-overtaken': ({ place }) => `${place} was written under the old key meanwhile`,
  'rekey-damaged': ({ values }) =>
    `${values === 1 ? 'one value' : `${values} values`} could not be moved to the new key; all others were, and both keys stay`,

  'resets-frozen': ({ until, by }, when) =>
    `${by} has frozen all resets${until === null ? '' : `; the freeze ends ${when(until)}`}`,
};
