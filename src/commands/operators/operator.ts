/** `operator …`: people and scripts of the desk, and their tokens (B70, B71). */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { findUser } from '../../procedures/directory/find-account.js';
import { changeOperator } from '../../procedures/operators/change-operator.js';
import { addOperator, MANAGE_OPERATORS, readOperatorRole } from '../../procedures/operators/make-operator.js';
import { proveStart, type StartedOperator, startOperator } from '../../procedures/operators/start-operator.js';
import { iso } from '../../rules/moment.js';
import { askCode, askNewSecret, askSecret, requireShown } from '../ask.js';
import { type At, type Command, type Context, command, type Given, type Result } from '../command.js';
import { block, inShell, pick } from '../wording/results.js';
import { type Words, wordsOf } from '../wording/words.js';
import { askFirstCode, bareSecret, secretBlocks } from './enrol-app.js';
import { recoveryCommands, startBlocks, startDocument } from './operator-recovery.js';
import { tokenCommands } from './operator-token.js';

const OPTIONS = ['--code <code>', '--password-stdin', '--totp <code>'] as const;
type StartGiven = Given<'<name>' | (typeof OPTIONS)[number]>;

/** An operator sets the own password and authenticator app with a start code (B80). Anyone may type it. */
const start = command({ path: 'operator start', access: 'anyone', arguments: ['<name>'], options: OPTIONS, run });

async function run({ context, words }: At<'anyone'>, given: StartGiven): Promise<Result> {
  if (given.totp === undefined) requireShown(context);
  if (given.totp !== undefined && given.passwordStdin)
    throw refusal('usage', 'totp-with-password', {}, 'password-first');
  const code = await askCode(context, given.code, words('sign.start-code'));
  const { name } = given;
  const desk = await context.desk();
  if (given.totp !== undefined) return provedResult(await proveStart(desk, { name, code, totp: given.totp }), words);
  const started = await startOperator(desk, { name, code, password: (isNew) => askPassword(context, given, isNew) });
  if (started.totp === null) return provedResult(started, words);
  if (!context.ask.possible || given.passwordStdin) return unprovedResult(context, started);
  return provedResult(
    await askFirstCode(context, started.totp, (totp) => proveStart(desk, { name, code, totp }).catch(wrongAgain)),
    words,
  );
}

const askPassword = (context: Context, { name, passwordStdin }: StartGiven, isNew: boolean): Promise<string> =>
  isNew
    ? askNewSecret(context, passwordStdin, '--password-stdin', wordsOf(context)('sign.new-password-of', { name }))
    : askSecret(context, passwordStdin, '--password-stdin', wordsOf(context)('sign.password-of', { name }));

/** A mistyped code is asked again; everything else ends the command. */
function wrongAgain(error: unknown): undefined {
  if (isRefusal(error) && error.because?.reason === 'app-code-wrong') return undefined;
  throw error;
}

function provedResult({ operator }: Pick<StartedOperator, 'operator'>, words: Words): Result {
  const { name } = operator;
  return {
    view: [
      block.verdict(words('sign.ready')),
      block.lines(words('sign.can-sign-in', { name, role: words.term('roleTitle', operator.role) })),
      block.next(`countersign login --operator ${inShell(name)}`),
    ],
    document: { operator, ready: true },
  };
}

async function unprovedResult(context: Context, { operator, totp, expiresAt }: StartedOperator): Promise<Result> {
  if (totp === null) throw new Error('there is no secret to show');
  const words = wordsOf(context);
  return {
    view: [
      block.lines(words('sign.password-set')),
      ...(await secretBlocks(context, totp)),
      block.next(words('sign.next-start', { name: operator.name })),
    ],
    document: { operator, ready: false, totp: bareSecret(totp), expiresAt: iso(expiresAt) },
  };
}

const add = command({
  path: 'operator add',
  access: 'operator:manage',
  arguments: ['<name>'],
  options: ['--role <role>', '--email <address>', '--no-password', '--is-user <account/login>'],
  own: () => ({ role: z.string() }),
  run: async ({ context, desk, signed, words }, given) => {
    if (given.password) requireShown(context);
    await askAuthority(desk, signed, MANAGE_OPERATORS);
    const role = readOperatorRole(given.role);
    const alsoUserId = given.isUser === undefined ? null : (await findUser(desk, given.isUser)).user.id;
    const email = given.email ?? null;
    const wish = { name: given.name, role, email, starts: given.password, alsoUserId };
    const { id, name, start, mail } = await addOperator(desk, signed, wish);
    const line = words('staff.added', { name, role: words.term('roleTitle', role) });
    return {
      view: [block.lines(line), ...startBlocks(name, start, mail, words)],
      document: { operator: { id, name, role, email }, ...startDocument(start, mail) },
    };
  },
});

const list = command({
  path: 'operator list',
  access: 'operator:manage',
  run: async ({ desk, words }) => {
    const { read } = desk.store;
    const [rows, emails] = [await read.operators.all(), await read.lifeCycle.emails()];
    const roleOf = (row: Listed) => words.term('roleTitle', row.role);
    const stateOf = ({ disabled_at: at }: Listed) =>
      at === null ? words('directory.active') : words.term('switched', 'disabled');
    return {
      view: [
        block.table(
          words.all('approval.col-name', 'approval.col-role', 'mfa.state', 'directory.e-mail', 'mfa.id'),
          rows.map((row) => [row.name, roleOf(row), stateOf(row), emails.get(row.id) ?? '', row.id]),
          words('staff.none'),
        ),
      ],
      document: { operators: rows.map((row) => ({ ...documentOf(row), email: emails.get(row.id) ?? null })) },
    };
  },
});

type Listed = Awaited<ReturnType<Desk['store']['read']['operators']['all']>>[number];

const documentOf = (row: Listed) => ({
  ...pick(row, 'id', 'name', 'role'),
  disabledAt: iso(row.disabled_at),
  language: row.language,
  createdAt: iso(row.created_at),
  totp: row.totp !== null,
});

const edit = command({
  path: 'operator edit',
  access: 'operator:manage',
  arguments: ['<name>'],
  options: [
    '--role <role>',
    '--email <address>',
    '--language <code>',
    '--is-user <account/login>',
    '--is-no-user',
    '--enable',
    '--unlock',
  ],
  run: async ({ context, desk, signed, words }, given) => {
    // A new role may need an authenticator app, and so a start code.
    if (given.role !== undefined) requireShown(context);
    const { isUser, isNoUser, email, language, unlock } = given;
    const told = [given.role, email, language, isUser].some((one) => one !== undefined);
    if (!told && !given.enable && !unlock && !isNoUser)
      throw refusal('missing-option', 'operator-change-missing', { name: given.name }, 'operator-edit-example');
    await askAuthority(desk, signed, MANAGE_OPERATORS);
    const role = given.role === undefined ? undefined : readOperatorRole(given.role);
    const user = isUser === undefined ? undefined : (await findUser(desk, isUser)).user.id;
    const customer = isNoUser ? null : user;
    const disabled = given.enable ? false : undefined;
    const change = { role, email, language, customer, disabled, unlock };
    const { operator, start, unlocked, ...ended } = await changeOperator(desk, signed, given.name, change);
    const { name } = operator;
    const lock = unlock ? [words('staff.unlocked', { name, done: String(unlocked) })] : [];
    const { sessions, tokens } = ended;
    return {
      view: [
        block.lines(words('staff.changed', { name, sessions, tokens }), ...lock),
        ...startBlocks(name, start, null, words),
      ],
      document: {
        operator: { ...operator, role: given.role ?? operator.role },
        ended,
        ...(unlock ? { unlocked } : {}),
        ...startDocument(start),
      },
    };
  },
});

const disable = command({
  path: 'operator disable',
  access: 'operator:manage',
  arguments: ['<name>'],
  run: async ({ desk, signed, words }, given) => {
    const { operator, sessions, tokens } = await changeOperator(desk, signed, given.name, { disabled: true });
    const line = words('staff.disabled', { name: operator.name, sessions, tokens });
    return {
      view: [block.lines(line)],
      document: { operator: { ...pick(operator, 'id', 'name'), disabled: true }, ended: { sessions, tokens } },
    };
  },
});

export const commands: readonly Command[] = [add, start, list, edit, disable, ...recoveryCommands, ...tokenCommands];
