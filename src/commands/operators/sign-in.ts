/**
 * `login`, `logout`, `whoami`: the session of an operator (B70). Signing in, and giving a fresh code, also at the place where they are missed:
 * a command on a terminal asks and goes on, instead of ending with "sign in first". Scripts are never asked.
 */
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal, refusal } from '../../errors.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { refreshCode, signInOperator, signOutOperator } from '../../procedures/operators/sign-in-operator.js';
import { askCode, askSecret } from '../ask.js';
import { type At, type Command, type Context, command, type Given, type Result } from '../command.js';
import { block, moments, pick } from '../wording/results.js';
import { worded } from '../wording/worded.js';
import { wordsOf } from '../wording/words.js';

const OPTIONS = ['--operator <name>', '--password-stdin', '--code <code>'] as const;
type LoginGiven = Given<(typeof OPTIONS)[number]>;

const login = command({
  path: 'login',
  access: 'anyone',
  anyPolicy: true,
  options: OPTIONS,
  run: async (at, given) => (await freshCodeOnly(at, given)) ?? signIn(at, given),
});

/** `login --code CODE` while signed in only renews the code of the open session. */
async function freshCodeOnly({ context, words }: At<'anyone'>, given: LoginGiven): Promise<Result | undefined> {
  if (given.code === undefined || given.operator !== undefined || given.passwordStdin) return undefined;
  const token = await context.sessions.read('operator', 'desk');
  if (token === undefined) return undefined;
  const desk = await context.desk();
  const signed = await signedBy(desk, token, 'login');
  await refreshCode(desk, signed, given.code);
  return {
    view: [block.lines(words('sign.fresh-code', { name: signed.operator.name }))],
    document: { session: { operator: who(signed.operator), freshCode: true } },
  };
}

async function signIn({ context, words }: At<'anyone'>, given: LoginGiven): Promise<Result> {
  await context.sessions.requirePerson();
  if (given.operator === undefined && !context.ask.possible)
    throw refusal('missing-option', 'operator-missing', {}, 'say-who');
  const suggested = context.house.userName === '' ? {} : { default: context.house.userName };
  const asking = { message: words('sign.operator'), ...suggested };
  const name = given.operator ?? (await (await context.ask.prompts('--operator')).line(asking));
  const message = words('sign.password-of', { name });
  const password = await askSecret(context, given.passwordStdin, '--password-stdin', message);
  const desk = await context.desk();
  const code = () => askCode(context, given.code, words('sign.app-code'));
  const session = await signInOperator(desk, { name, password, code });
  await context.sessions.write('operator', 'desk', session.token);
  // A13: otherwise the log would name the wrong person.
  const shadowed = (await context.settings()).token !== undefined;
  if (shadowed) context.notice(words('sign.warning', { what: words('sign.shadowed') }));
  const operator = who(session.operator);
  const minutes = desk.policy.limits.operatorSession.idleMinutes;
  const said = { name: operator.name, role: words.term('roleTitle', operator.role), until: session.expiresAt, minutes };
  return {
    view: [block.lines(words('sign.signed-in', said)), block.next(words('sign.next-calls'), words('sign.next-logout'))],
    document: {
      session: { operator, ...moments(session, 'expiresAt') },
      ...(shadowed ? { warning: words('sign.shadowed') } : {}),
    },
  };
}

/** Whose session it is. */
const signedBy = (desk: Desk, token: string | undefined, command: 'login' | 'logout') =>
  authenticateOperator(desk, { token, via: 'session', access: 'signed-in', command });

const who = (operator: { id: string; name: string; role: string }) => pick(operator, 'id', 'name', 'role');

const logout = command({
  path: 'logout',
  access: 'anyone',
  anyPolicy: true,
  run: async ({ context, words }) => {
    const token = await context.sessions.read('operator', 'desk');
    try {
      const desk = token === undefined ? undefined : await context.desk();
      if (desk !== undefined) await signOutOperator(desk, await signedBy(desk, token, 'logout'));
    } catch (error) {
      // The session had ended before.
      if (!(error instanceof Refusal && error.code === 'not-signed-in')) throw error;
    } finally {
      // Last, because a folder that cannot be written must not keep the session alive.
      await context.sessions.remove('operator', 'desk');
    }
    const line = words(token === undefined ? 'sign.nobody' : 'sign.signed-out');
    return { view: [block.lines(line)], document: { session: null } };
  },
});

const whoami = command({
  path: 'whoami',
  access: 'signed-in',
  anyPolicy: true,
  run: async ({ desk, signed, words }) => {
    const { operator, via } = signed;
    return {
      view: [
        block.fields(
          [words('sign.operator'), operator.name],
          [words('directory.Role'), words.term('roleTitle', operator.role)],
          [words('sign.with'), words.term('signedWith', via)],
          [words('sign.store'), desk.store.place],
        ),
      ],
      document: { operator: { ...who(operator), via }, store: desk.store.place },
    };
  },
});

const TRIES = 3;

/** Asks for name, password and code, and keeps the session. The last refusal is thrown. */
export async function signInHere(context: Context, why: Refusal): Promise<void> {
  say(context, why);
  const prompts = await context.ask.prompts('--operator');
  const words = wordsOf(context);
  const name = await prompts.line({ message: words('sign.operator'), default: context.house.userName });
  await trying(context, async () => {
    const password = await prompts.secret({ message: words('sign.password-of', { name }) });
    const code = () => prompts.line({ message: words('sign.app-code') });
    const { token } = await signInOperator(await context.desk(), { name, password, code });
    await context.sessions.write('operator', 'desk', token);
  });
}

/** Asks for a code of the authenticator app, for the session that is open. */
export async function giveCodeHere(context: Context, why: Refusal): Promise<void> {
  say(context, why);
  const prompts = await context.ask.prompts('--code');
  const desk = await context.desk();
  const token = await context.sessions.read('operator', 'desk');
  const message = wordsOf(context)('sign.app-code');
  await trying(context, async () => {
    const signed = await signedBy(desk, token, 'login');
    await refreshCode(desk, signed, await prompts.line({ message }));
  });
}

const say = (context: Context, why: Refusal): void =>
  context.notice(`countersign: ${worded(why, 'desk', wordsOf(context)).message}`);

/** A mistyped answer is asked for again; locked out is locked out. */
async function trying(context: Context, attempt: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRefusal(error) || error.because?.reason !== 'sign-in-wrong' || tried >= TRIES) throw error;
      say(context, error);
    }
  }
}

export const commands: readonly Command[] = [login, logout, whoami];
