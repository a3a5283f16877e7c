/** `portal activate`, `login`, `logout`: a customer's way into the portal and out of it (B31–B43). */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { answerKinds, methodIds } from '../../procedures/codes/methods.js';
import { enrolmentCodeMissing } from '../../procedures/factors/enrol-factor.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../../procedures/factors/owed-enrolment-code.js';
import { activateUser } from '../../procedures/portal/activate-user.js';
import { signOutUser } from '../../procedures/portal/authenticate-user.js';
import { type PortalLogin, setUpOf } from '../../procedures/portal/customer-login.js';
import { signInBySso } from '../../procedures/portal/sign-in-by-sso.js';
import { signInWithPassword } from '../../procedures/portal/sign-in-user.js';
import { type NextStep, nextOf } from '../../rules/mfa-login.js';
import { askCode, askNewSecret, askSecret } from '../ask-secret.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { wordsOf } from '../wording/words.js';
import { readDevices } from './portal-device.js';
import { askEnrolmentCode, chooseEnrolment, enrol } from './portal-enrolment.js';
import { passFactor } from './portal-factor.js';
import { askPerson, PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { greeting, keepDevice } from './portal-greeting.js';
import { keepSession, openLogin, sessionName, speakTo } from './portal-session.js';

const activate = command({
  path: 'portal activate',
  access: 'anyone',
  options: [
    ...PORTAL_OPTIONS.filter(({ flags }) => /--(account|as) /.test(flags)),
    '--code <code>',
    '--password-stdin',
  ],
  input: () => {
    const { account, as, code, passwordStdin } = portalShape();
    return z.object({ account, as, code, passwordStdin });
  },
  run: async (context, given) => {
    const person = await askPerson(context, given);
    const code = await askCode(context, given.code, wordsOf(context)('portal.invitation-code'));
    const desk = await context.desk();
    const words = wordsOf(context);
    const done = await activateUser(desk, {
      account: person.account,
      login: person.as,
      code,
      newPassword: () => askNewSecret(context, given.passwordStdin, '--password-stdin', words('portal.new-password')),
    });
    const { user, account, wasReset, ownerCopyDestroyed, sessionsEnded, devicesForgotten } = done;
    const theirs = speakTo(context, desk, done);
    const facts = { login: user.login, account: account.name, reset: String(wasReset) };
    const lines = [theirs('portal.password-set', facts), ...(ownerCopyDestroyed ? [theirs('portal.copy-gone')] : [])];
    return {
      view: [
        block.lines(...lines),
        block.next(`countersign portal login --account ${account.number} --as ${user.login}`),
      ],
      document: {
        activation: {
          user: { id: user.id, login: user.login },
          wasReset,
          ownerCopyDestroyed,
          sessionsEnded,
          devicesForgotten,
        },
      },
    };
  },
});

const loginInput = () =>
  z.object({
    ...portalShape(),
    factor: z.enum(answerKinds, { error: `one of ${answerKinds.join(', ')}` }).optional(),
    enrolmentCode: z.string().optional(),
    newCode: z.boolean().default(false),
    remember: z.boolean().default(false),
    sso: z.boolean().default(false),
    idTokenStdin: z.boolean().default(false),
    nonce: z.string().optional(),
  });

type LoginInput = z.infer<ReturnType<typeof loginInput>>;

const login = command<LoginInput>({
  path: 'portal login',
  access: 'anyone',
  options: [
    ...PORTAL_OPTIONS,
    {
      flags: '--factor <name>',
      about: `how to prove it is you: ${answerKinds.slice(0, -1).join(', ')} or ${answerKinds.at(-1)}`,
    },
    '--enrolment-code <code>',
    '--new-code',
    '--remember',
    '--sso',
    '--id-token-stdin',
    '--nonce <text>',
  ],
  input: loginInput,
  run: async (context, given) => {
    if (given.remember && given.device === undefined) {
      const words = wordsOf(context);
      throw new Refusal('missing-option', words('portal.device-option'), { hint: words('portal.device-option-next') });
    }
    await context.sessions.requirePerson();
    const desk = await context.desk();
    if (given.sso || given.idTokenStdin) return enterBySso(context, desk, given);
    return goOn(context, desk, await begun(context, desk, given), given);
  },
});

/** The unfinished login that a code or choice belongs to, or a new login by password. */
async function begun(context: Context, desk: Desk, given: LoginInput): Promise<PortalLogin> {
  const person = await askPerson(context, given);
  const answers = given.newCode || [given.code, given.factor, given.enrolmentCode].some((one) => one !== undefined);
  const open = answers && !given.passwordStdin ? await halfDone(context, desk, person) : undefined;
  if (open !== undefined) return open;
  const password = await askSecret(
    context,
    given.passwordStdin,
    '--password-stdin',
    wordsOf(context)('portal.password-of', { login: person.as }),
  );
  const deviceTokens = await readDevices(context, given.device);
  const opened = await signInWithPassword(desk, { account: person.account, login: person.as, password, deviceTokens });
  await keepSession(context, desk, opened);
  speakTo(context, desk, opened);
  return opened;
}

async function halfDone(context: Context, desk: Desk, person: { account: string; as: string }) {
  try {
    const open = await openLogin(context, desk, person);
    return open.session.state === 'done' ? undefined : open;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not-signed-in') return undefined;
    throw error;
  }
}

/** Takes one step after another, in the order of the rules, until the login is done or needs a person or a later command. */
async function goOn(context: Context, desk: Desk, opened: PortalLogin, given: LoginInput): Promise<Result> {
  let current = opened;
  for (let next = nextOf(current.session); next.step !== 'none'; next = nextOf(current.session)) {
    const moved = await take(next, { context, desk, current, given });
    if ('view' in moved) return moved;
    current = moved;
  }
  const remembered = await keepDevice(context, desk, current, given);
  return greeting(context, desk, current, remembered);
}

interface Going {
  readonly context: Context;
  readonly desk: Desk;
  readonly current: PortalLogin;
  readonly given: LoginInput;
}

/** Returns the login one step further, or what a script must do next. */
async function take(
  next: Exclude<NextStep, { step: 'none' }>,
  { context, desk, current, given }: Going,
): Promise<PortalLogin | Result> {
  if (next.step === 'enrolment') {
    if (!context.ask.possible) throw enrolmentNeeded(context, current, next.because);
    const begun = {
      kind: await chooseEnrolment(context),
      code: undefined,
      enrolmentCode: undefined,
      replaces: undefined,
    };
    const factor = await enrol(context, desk, current, begun);
    return 'view' in factor ? factor : factor.login;
  }
  if (next.step === 'factor') return passFactor(context, desk, current, given);
  return submitEnrolmentCode(desk, current, await enrolmentCode(context, desk, current, given));
}

async function enrolmentCode(context: Context, desk: Desk, current: PortalLogin, given: LoginInput): Promise<string> {
  const code = given.enrolmentCode ?? (await askEnrolmentCode(context, desk, current, given.newCode));
  if (code !== undefined) return code;
  const owed = await sendOwedEnrolmentCode(desk, current);
  throw enrolmentCodeMissing(owed === 'not-needed' ? 'ask-desk' : owed);
}

function enrolmentNeeded(context: Context, login: PortalLogin, because: 'required' | 'last-backup-code'): Refusal {
  const first = because === 'last-backup-code' ? 'portal.last-backup' : 'portal.method-required';
  return new Refusal('enrolment-needed', wordsOf(context)(first), {
    next: [{ step: 'set-up-method-as', facts: setUpOf(login) }],
    also: { login: { state: 'enrolment-needed', choices: methodIds } },
  });
}

async function enterBySso(context: Context, desk: Desk, given: LoginInput): Promise<Result> {
  const words = wordsOf(context);
  const account =
    given.account ?? (await (await context.ask.prompts('--account')).line({ message: words('portal.company') }));
  const idToken = await askSecret(context, given.idTokenStdin, '--id-token-stdin', words('portal.id-token'));
  const opened = await signInBySso(desk, { account, login: given.as, idToken, nonce: given.nonce });
  await keepSession(context, desk, opened);
  speakTo(context, desk, opened);
  return greeting(context, desk, opened, 'not-asked');
}

const logout = command({
  path: 'portal logout',
  access: 'anyone',
  options: PORTAL_OPTIONS.filter(({ flags }) => /--(account|as) /.test(flags)),
  input: () => {
    const { account, as } = portalShape();
    return z.object({ account, as });
  },
  run: async (context, given) => {
    const desk = await context.desk();
    const person = await askPerson(context, given);
    try {
      const open = await openLogin(context, desk, person);
      await signOutUser(desk, open);
      await context.sessions.remove('portal', sessionName(open.account, open.user));
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'not-signed-in')) throw error;
      return {
        view: [block.lines(wordsOf(context)('portal.not-signed-in', { login: person.as }))],
        document: { session: null },
      };
    }
    return { view: [block.lines(wordsOf(context)('portal.signed-out'))], document: { session: null } };
  },
});

export const commands: readonly Command[] = [activate, login, logout];
