/**
 * What each procedure that is handed a customer's login asks of it, said once more and by hand, and how to knock: about nothing that exists,
 * so that whoever may gets another answer than a refusal of the lock.
 */
import type { Desk } from '../../../src/desk.js';
import { passOn } from '../../../src/procedures/exits/hand-over.js';
import { answerFactor } from '../../../src/procedures/factors/answer-factor.js';
import { companyAdmins, companyPeople, companyUsers } from '../../../src/procedures/factors/company-people.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { beginEnrolment, beginInBrowser } from '../../../src/procedures/factors/enrol-factor.js';
import { askBrowser, factorChoices, guessKind, sendLoginCode } from '../../../src/procedures/factors/factor-choices.js';
import {
  listFactors,
  loginAdvice,
  newBackupCodes,
  removeFactor,
} from '../../../src/procedures/factors/manage-factors.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../../../src/procedures/factors/owed-enrolment-code.js';
import { forbidPhoneResets, foreseeMfa, requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import { setOwnPassphrase, viewOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { changeApplicationPassword } from '../../../src/procedures/portal/application-password.js';
import { renewToken, signOutUser } from '../../../src/procedures/portal/authenticate-user.js';
import type { PortalLogin } from '../../../src/procedures/portal/customer-login.js';
import { grantScope, listTeam, revokeScope } from '../../../src/procedures/portal/customer-scopes.js';
import {
  endSessions,
  forgetDevices,
  listDevices,
  listSessions,
  rememberDevice,
} from '../../../src/procedures/portal/devices-and-sessions.js';
import { changeOwnContact, readProfile, sendContactCodes } from '../../../src/procedures/portal/own-profile.js';
import { provePassword } from '../../../src/procedures/portal/sign-in-user.js';
import { objectToReset } from '../../../src/procedures/resets/object-to-reset.js';
import { resendInPortal } from '../../../src/procedures/resets/resend-code.js';
import { countPortalReset, resetInPortal } from '../../../src/procedures/resets/reset-in-portal.js';
import { resetsOfUser, undoInPortal } from '../../../src/procedures/resets/undo-reset.js';
import { LOGIN_STATES, type LoginState } from '../../../src/rules/mfa-login.js';
import { PASSWORD } from '../../procedures/portal/portal-place.js';

export interface OwnerDoorRow {
  /** States in which it can be done; a finished login alone where nothing is said. */
  readonly states?: readonly LoginState[];
  /** A plain user is refused, as `forbidden`. */
  readonly adminsOnly?: true;
  /** A remembered device in place of the factor is refused, as `factor-needed`. */
  readonly notByDevice?: true;
  /** A password, or a password and a factor, of some minutes ago are refused. */
  readonly lately?: 'password' | 'password-and-factor';
  readonly knock: (desk: Desk, login: PortalLogin) => Promise<unknown>;
}

const KEY = new Uint8Array(32);
const WAITING: readonly LoginState[] = ['factor-needed'];
const ENROLLING: readonly LoginState[] = ['done', 'enrolment-needed'];
const SITE = { origin: 'https://desk.example', host: 'desk.example' };
const OWING: readonly LoginState[] = [...ENROLLING, 'enrolment-code-needed'];

/** `wing/file.procedure` → its row. */
export const OWNERS: Readonly<Record<string, OwnerDoorRow>> = {
  'factors/require-mfa.foreseeMfa': { adminsOnly: true, notByDevice: true, knock: foreseeMfa },
  'portal/authenticate-user.renewToken': { states: LOGIN_STATES, knock: renewToken },
  'factors/company-people.companyPeople': {
    adminsOnly: true,
    knock: (desk, login) => companyPeople(desk, login, { search: '', notEnrolled: false, from: 0, most: 5 }),
  },
  'factors/company-people.companyUsers': { adminsOnly: true, knock: (desk, login) => companyUsers(desk, login, []) },
  'exits/hand-over.passOn': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => passOn(desk, login, 'nobody', 'promote'),
  },
  'factors/answer-factor.answerFactor': {
    states: WAITING,
    knock: (desk, login) => answerFactor(desk, login, { kind: 'backup', code: 'no code' }),
  },
  'factors/manage-factors.newBackupCodes': { notByDevice: true, knock: newBackupCodes },
  'factors/confirm-factor.confirmEnrolment': {
    states: ENROLLING,
    notByDevice: true,
    knock: (desk, login) => confirmEnrolment(desk, login, { kind: 'sms', code: '000000', replaces: undefined }),
  },
  'factors/enrol-factor.beginEnrolment': {
    states: OWING,
    notByDevice: true,
    knock: (desk, login) =>
      beginEnrolment(desk, login, { kind: 'totp', enrolmentCode: undefined, replaces: 'fac_none' }),
  },
  'factors/enrol-factor.beginInBrowser': {
    states: OWING,
    notByDevice: true,
    knock: (desk, login) =>
      beginInBrowser(desk, login, { kind: 'passkey', enrolmentCode: undefined, replaces: 'fac_none', site: SITE }),
  },
  'factors/factor-choices.factorChoices': { states: WAITING, knock: (desk, login) => factorChoices(desk, login) },
  'factors/factor-choices.guessKind': { states: WAITING, knock: (desk, login) => guessKind(desk, login, '000000') },
  'factors/manage-factors.listFactors': { knock: listFactors },
  'factors/manage-factors.loginAdvice': { knock: loginAdvice },
  'factors/manage-factors.removeFactor': {
    notByDevice: true,
    knock: (desk, login) => removeFactor(desk, login, 'fac_none'),
  },
  'factors/owed-enrolment-code.sendOwedEnrolmentCode': { states: OWING, knock: sendOwedEnrolmentCode },
  'factors/owed-enrolment-code.submitEnrolmentCode': {
    states: OWING,
    knock: (desk, login) => submitEnrolmentCode(desk, login, 'no code'),
  },
  'factors/company-people.companyAdmins': { adminsOnly: true, knock: (desk, login) => companyAdmins(desk, login) },
  'factors/require-mfa.forbidPhoneResets': {
    adminsOnly: true,
    notByDevice: true,
    knock: (desk, login) => forbidPhoneResets(desk, login),
  },
  'factors/require-mfa.requireMfa': {
    adminsOnly: true,
    notByDevice: true,
    knock: (desk, login) => requireMfa(desk, login, true),
  },
  'factors/factor-choices.askBrowser': {
    states: WAITING,
    knock: (desk, login) => askBrowser(desk, login, 'passkey', SITE),
  },
  'factors/factor-choices.sendLoginCode': {
    states: WAITING,
    knock: (desk, login) => sendLoginCode(desk, login, 'backup'),
  },
  'passphrases/passphrase-of-owner.setOwnPassphrase': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => setOwnPassphrase(desk, login, { phrase: 'short', password: PASSWORD }),
  },
  'passphrases/passphrase-of-owner.viewOwnPassphrase': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password-and-factor',
    knock: (desk, login) => viewOwnPassphrase(desk, login, KEY),
  },
  'portal/authenticate-user.signOutUser': { states: LOGIN_STATES, knock: signOutUser },
  'portal/application-password.changeApplicationPassword': {
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => changeApplicationPassword(desk, login, { viewKey: KEY, next: 'short' }),
  },
  'portal/customer-scopes.grantScope': {
    adminsOnly: true,
    knock: (desk, login) => grantScope(desk, login, 'nobody', 'nothing'),
  },
  'portal/customer-scopes.listTeam': { adminsOnly: true, knock: listTeam },
  'portal/customer-scopes.revokeScope': {
    adminsOnly: true,
    knock: (desk, login) => revokeScope(desk, login, 'nobody', 'nothing'),
  },
  'portal/devices-and-sessions.endSessions': {
    knock: (desk, login) => endSessions(desk, login, { id: 'ses_none' }, []),
  },
  'portal/devices-and-sessions.forgetDevices': {
    knock: (desk, login) => forgetDevices(desk, login, { id: 'dev_none' }),
  },
  'portal/devices-and-sessions.listDevices': { knock: (desk, login) => listDevices(desk, login, []) },
  'portal/devices-and-sessions.listSessions': { knock: listSessions },
  'portal/own-profile.changeOwnContact': {
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) =>
      changeOwnContact(
        desk,
        login,
        { contact: 'email', next: 'a@b.example' },
        { 'contact-old': '', 'contact-new': '' },
      ),
  },
  'portal/own-profile.readProfile': { knock: readProfile },
  'portal/own-profile.sendContactCodes': {
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => sendContactCodes(desk, login, { contact: 'email', next: 'no address' }),
  },
  'portal/devices-and-sessions.rememberDevice': { knock: rememberDevice },
  'portal/sign-in-user.provePassword': { knock: (desk, login) => provePassword(desk, login, PASSWORD) },
  'resets/object-to-reset.objectToReset': {
    adminsOnly: true,
    knock: (desk, login) => objectToReset(desk, login, 'rst_none'),
  },
  'resets/reset-in-portal.countPortalReset': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => countPortalReset(desk, login, ['nobody']),
  },
  'resets/resend-code.resendInPortal': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => resendInPortal(desk, login, { reference: 'nobody', handOn: false }),
  },
  'resets/reset-in-portal.resetInPortal': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => resetInPortal(desk, login, { references: ['nobody'], reason: 'test', confirmed: 0 }),
  },
  'resets/undo-reset.resetsOfUser': { adminsOnly: true, knock: (desk, login) => resetsOfUser(desk, login, 'nobody') },
  'resets/undo-reset.undoInPortal': {
    adminsOnly: true,
    notByDevice: true,
    lately: 'password',
    knock: (desk, login) => undoInPortal(desk, login, 'rst_none', 'test'),
  },
};
