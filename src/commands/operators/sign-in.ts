/** `login`, `logout`, `whoami`: the session of an operator (B70). */

import { Refusal, refusal } from '../../errors.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { refreshCode, signInOperator, signOutOperator } from '../../procedures/operators/sign-in-operator.js';
import { iso } from '../../rules/moment.js';
import { askCode, askSecret } from '../ask-secret.js';
import { type Command, type Context, command, type Given, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { wordsOf } from '../wording/words.js';

const OPTIONS = ['--operator <name>', '--password-stdin', '--code <code>'] as const;
type LoginGiven = Given<(typeof OPTIONS)[number]>;

const login = command({
  path: 'login',
  access: 'anyone',
  anyPolicy: true,
  options: OPTIONS,
  run: async ({ context }, given) => {
    const fresh = await freshCodeOnly(context, given);
    return fresh ?? signIn(context, given);
  },
});

/** `login --code CODE` while signed in only renews the code of the open session. */
async function freshCodeOnly(context: Context, given: LoginGiven): Promise<Result | undefined> {
  if (given.code === undefined || given.operator !== undefined || given.passwordStdin) return undefined;
  const token = await context.sessions.read('operator', 'desk');
  if (token === undefined) return undefined;
  const desk = await context.desk();
  const signed = await authenticateOperator(desk, { token, via: 'session', access: 'signed-in', command: 'login' });
  await refreshCode(desk, signed, given.code);
  return {
    view: [block.lines(wordsOf(context)('sign.fresh-code', { name: signed.operator.name }))],
    document: { session: { operator: who(signed.operator), freshCode: true } },
  };
}

async function signIn(context: Context, given: LoginGiven): Promise<Result> {
  await context.sessions.requirePerson();
  const name = given.operator ?? (context.ask.possible ? await askName(context) : undefined);
  if (name === undefined) throw refusal('missing-option', 'operator-missing', {}, 'say-who');
  const asked = wordsOf(context);
  const message = asked('sign.password-of', { name });
  const password = await askSecret(context, given.passwordStdin, '--password-stdin', message);
  const desk = await context.desk();
  const session = await signInOperator(desk, {
    name,
    password,
    code: () => askCode(context, given.code, asked('sign.app-code')),
  });
  await context.sessions.write('operator', 'desk', session.token);
  // A13: otherwise the log would name the wrong person.
  const shadowed = (await context.settings()).token !== undefined;
  const words = wordsOf(context);
  if (shadowed) context.notice(words('sign.warning', { what: words('sign.shadowed') }));
  const ends = iso(session.expiresAt);
  const operator = who({ id: session.operator.id, name: session.operator.name, role: session.operator.role });
  const minutes = desk.policy.limits.operatorSession.idleMinutes;
  const said = { name: operator.name, role: words.term('roleTitle', operator.role), until: session.expiresAt, minutes };
  return {
    view: [block.lines(words('sign.signed-in', said)), block.next(words('sign.next-calls'), words('sign.next-logout'))],
    document: { session: { operator, expiresAt: ends }, ...(shadowed ? { warning: words('sign.shadowed') } : {}) },
  };
}

async function askName(context: Context): Promise<string> {
  const { userName } = context.house;
  const suggested = userName === '' ? {} : { default: userName };
  return (await context.ask.prompts('--operator')).line({ message: wordsOf(context)('sign.operator'), ...suggested });
}

const who = ({ id, name, role }: { id: string; name: string; role: string }) => ({ id, name, role });

const logout = command({
  path: 'logout',
  access: 'anyone',
  anyPolicy: true,
  run: async ({ context, words }) => {
    const token = await context.sessions.read('operator', 'desk');
    await context.sessions.remove('operator', 'desk');
    const line = words(token === undefined ? 'sign.nobody' : 'sign.signed-out');
    const done = { view: [block.lines(line)], document: { session: null } };
    if (token === undefined) return done;
    const desk = await context.desk();
    try {
      await signOutOperator(
        desk,
        await authenticateOperator(desk, { token, via: 'session', access: 'signed-in', command: 'logout' }),
      );
    } catch (error) {
      // The session had ended before; its token is removed from this machine in either case.
      if (!(error instanceof Refusal && error.code === 'not-signed-in')) throw error;
    }
    return done;
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

export const commands: readonly Command[] = [login, logout, whoami];
