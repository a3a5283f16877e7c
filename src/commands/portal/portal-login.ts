/** `portal activate`, `login`, `logout`: a customer's way into the portal and out of it (B31–B43). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { answerKinds, methods, needsBrowser } from '../../procedures/codes/methods.js';
import { enrolmentCodeMissing } from '../../procedures/factors/enrol-factor.js';
import { loginAdvice } from '../../procedures/factors/manage-factors.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../../procedures/factors/owed-enrolment-code.js';
import { activateUser } from '../../procedures/portal/activate-user.js';
import { signOutUser } from '../../procedures/portal/authenticate-user.js';
import { type PortalLogin, setUpOf } from '../../procedures/portal/customer-login.js';
import { mayRemember, rememberDevice } from '../../procedures/portal/devices-and-sessions.js';
import { passphraseOf } from '../../procedures/portal/own-profile.js';
import { signInBySso } from '../../procedures/portal/sign-in-by-sso.js';
import { signInWithPassword } from '../../procedures/portal/sign-in-user.js';
import { hours } from '../../rules/duration.js';
import { type LoginWarning, nextOf } from '../../rules/mfa-login.js';
import { iso } from '../../rules/moment.js';
import { type Command, command, type Given } from '../command.js';
import { block, inShell, pick } from '../wording/results.js';
import { wordsOf } from '../wording/words.js';
import { missing, PERSON_OPTIONS, PORTAL_OPTIONS, personOf, readDevices, writeDevice } from './portal-given.js';
import { keepSession, noneIfEnded, openLogin, type Place, passFactor, sessionName, speakTo } from './portal-session.js';

const activate = command({
  path: 'portal activate',
  access: 'anyone',
  options: [...PERSON_OPTIONS, '--code <code>', '--password-stdin'],
  own: () => ({ code: z.string(), passwordStdin: z.literal(true) }),
  run: async ({ context }, given) => {
    const { account: named, as: login } = personOf(context, given);
    const desk = await context.desk();
    const newPassword = () => context.files.readSecretLine('--password-stdin');
    const done = await activateUser(desk, { account: named, login, code: given.code, newPassword });
    const { user, account, wasReset, ownerCopyDestroyed } = done;
    const theirs = speakTo({ context, desk }, done);
    const facts = { login: user.login, account: account.name, reset: String(wasReset) };
    const lines = [theirs('portal.password-set', facts), ...(ownerCopyDestroyed ? [theirs('portal.copy-gone')] : [])];
    return {
      view: [
        block.lines(...lines),
        block.next(`countersign portal login --account ${account.number} --as ${inShell(user.login)}`),
      ],
      document: {
        activation: {
          user: pick(user, 'id', 'login'),
          ...pick(done, 'wasReset', 'ownerCopyDestroyed', 'sessionsEnded', 'devicesForgotten'),
        },
      },
    };
  },
});

/** What a command line can answer with. */
const typed = answerKinds.filter((kind) => !needsBrowser(kind));

const LOGIN_OPTIONS = [
  ...PORTAL_OPTIONS,
  { flags: '--factor <name>', about: `how to prove it is you: ${typed.slice(0, -1).join(', ')} or ${typed.at(-1)}` },
  '--enrolment-code <code>',
  '--new-code',
  '--remember',
  '--sso',
  '--id-token-stdin',
  '--nonce <text>',
] as const;
const loginInput = () => ({ factor: z.enum(answerKinds).optional() });
type LoginGiven = Given<(typeof LOGIN_OPTIONS)[number], ReturnType<typeof loginInput>>;

const login = command({
  path: 'portal login',
  access: 'anyone',
  options: LOGIN_OPTIONS,
  own: loginInput,
  run: async ({ context }, given) => {
    if (given.remember && given.device === undefined) throw missing(context, '--device');
    await context.sessions.requirePerson();
    const place = { context, desk: await context.desk() };
    if (given.sso || given.idTokenStdin) return greeting(place, await openedBySso(place, given));
    const done = await finished(place, await begun(place, given), given);
    return greeting(place, done, await keepDevice(place, done, given));
  },
});

/** The unfinished login that a code or choice belongs to, or a new login by password. */
async function begun(place: Place, given: LoginGiven): Promise<PortalLogin> {
  const { context, desk } = place;
  const person = personOf(context, given);
  if (!given.passwordStdin) {
    const answers = given.newCode || [given.code, given.factor, given.enrolmentCode].some((one) => one !== undefined);
    const open = answers ? await openLogin(place, person).catch(noneIfEnded) : undefined;
    if (open === undefined || open.session.state === 'done') throw missing(context, '--password-stdin');
    return open;
  }
  const password = await context.files.readSecretLine('--password-stdin');
  const deviceTokens = await readDevices(context, given.device);
  const opened = await signInWithPassword(desk, { account: person.account, login: person.as, password, deviceTokens });
  await keepSession(place, opened);
  return opened;
}

/** Takes one step after another, in the order of the rules, until the login is done or needs a later command. */
async function finished(place: Place, login: PortalLogin, given: LoginGiven): Promise<PortalLogin> {
  const { context, desk } = place;
  const next = nextOf(login.session);
  if (next.step === 'none') return login;
  if (next.step === 'enrolment') {
    const key = next.because === 'last-backup-code' ? 'portal.last-backup' : 'portal.method-required';
    throw new Refusal('enrolment-needed', wordsOf(context)(key), {
      next: [{ step: 'set-up-method-as', facts: setUpOf(login) }],
      also: { login: { state: 'enrolment-needed', choices: methods.map(({ id }) => id) } },
    });
  }
  if (next.step === 'factor') return finished(place, await passFactor(place, login, given), given);
  if (given.enrolmentCode === undefined) {
    const owed = await sendOwedEnrolmentCode(desk, login, given.newCode);
    throw enrolmentCodeMissing(owed === 'not-needed' ? 'ask-desk' : owed);
  }
  return finished(place, await submitEnrolmentCode(desk, login, given.enrolmentCode), given);
}

async function openedBySso(place: Place, given: LoginGiven): Promise<PortalLogin> {
  const { context, desk } = place;
  if (given.account === undefined) throw missing(context, '--account');
  if (!given.idTokenStdin) throw missing(context, '--id-token-stdin');
  const idToken = await context.files.readSecretLine('--id-token-stdin');
  const opened = await signInBySso(desk, { account: given.account, login: given.as, idToken, nonce: given.nonce });
  await keepSession(place, opened);
  return opened;
}

/** `too-early`: wanted at a login that asked for no code, or that set the method up (B38). */
type Remembered = 'remembered' | 'too-early' | 'not-asked';

async function keepDevice({ context, desk }: Place, login: PortalLogin, given: LoginGiven): Promise<Remembered> {
  const { device, remember } = given;
  if (device === undefined || !remember) return 'not-asked';
  if (!mayRemember(login)) return 'too-early';
  await writeDevice(context, device, login.user.id, await rememberDevice(desk, login));
  return 'remembered';
}

/** Who is signed in, until when, warnings (B41), and whether this device is remembered. */
async function greeting({ context, desk }: Place, login: PortalLogin, device: Remembered = 'not-asked') {
  const words = wordsOf(context);
  const { account, user, session } = login;
  const ofMfa = await loginAdvice(desk, login);
  const heard = (await passphraseOf(desk, login)).state === 'desk';
  const warnings = [...(heard ? (['passphrase-heard'] as const) : []), ...ofMfa].map((code: LoginWarning) => ({
    code,
    message: words(`portal.${code}`),
  }));
  const { portalSession, device: devices } = desk.policy.limits;
  return {
    view: [
      block.lines(
        words('portal.signed-in', { login: user.login, name: user.name, account: account.name }),
        ...(device === 'not-asked' ? [] : [words(`portal.device-${device}`, { days: devices.rememberDays })]),
      ),
      ...warnings.map(({ message }) => block.note(message)),
    ],
    document: {
      session: {
        account: pick(account, 'id', 'number'),
        user: pick(user, 'id', 'login'),
        ...pick(session, 'state', 'method'),
        expiresAt: iso(desk.now() + hours(portalSession.hours)),
      },
      device,
      warnings,
    },
  };
}

const logout = command({
  path: 'portal logout',
  access: 'anyone',
  options: PERSON_OPTIONS,
  run: async ({ context }, given) => {
    const person = personOf(context, given);
    const place = { context, desk: await context.desk() };
    // From here on it speaks the customer's language.
    const open = await openLogin(place, person).catch(noneIfEnded);
    const key = open === undefined ? 'portal.not-signed-in' : 'portal.signed-out';
    if (open !== undefined) {
      await signOutUser(place.desk, open);
      await context.sessions.remove('portal', sessionName(open));
    }
    return { view: [block.lines(wordsOf(context)(key, { login: person.as }))], document: { session: null } };
  },
});

export const commands: readonly Command[] = [activate, login, logout];
