/** `operator start`: an operator sets the own password and authenticator app with a start code (B80). Anyone may type it. */
import { isRefusal, refusal } from '../../errors.js';
import { proveStart, type StartedOperator, startOperator } from '../../procedures/operators/start-operator.js';
import { iso } from '../../rules/moment.js';
import { askCode, askNewSecret, askSecret } from '../ask-secret.js';
import { type At, type Context, command, type Given, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { type Words, wordsOf } from '../wording/words.js';
import { askFirstCode, bareSecret, secretBlocks } from './enrol-app.js';

const OPTIONS = ['--code <code>', '--password-stdin', '--totp <code>'] as const;
type StartGiven = Given<'<name>' | (typeof OPTIONS)[number]>;

export const start = command({
  path: 'operator start',
  access: 'anyone',
  arguments: ['<name>'],
  options: OPTIONS,
  run,
});

async function run({ context, words }: At<'anyone'>, given: StartGiven): Promise<Result> {
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
      block.next(`countersign login --operator ${name}`),
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
