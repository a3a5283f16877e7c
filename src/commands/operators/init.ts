/** `init`: makes store, master key and first admin (B70). It refuses a store that has a desk already. */
import * as z from 'zod';
import { isRefusal, Refusal } from '../../errors.js';
import { finishEstablishing } from '../../procedures/operators/establish-desk.js';
import { newSeed, prepareOperator, readOperatorName } from '../../procedures/operators/make-operator.js';
import { requireOperatorPassword } from '../../procedures/operators/operator-password.js';
import { type NewToken, prepareToken, tokenEnd } from '../../procedures/operators/operator-tokens.js';
import { makeRecoveryCodes } from '../../procedures/operators/recovery-codes.js';
import { appStep } from '../../procedures/operators/sign-in-operator.js';
import { iso } from '../../rules/moment.js';
import { askNewSecret, requireShown } from '../ask.js';
import { type At, type Command, type Context, command, type Given, type Result } from '../command.js';
import { block, inShell, localMinute, pick } from '../wording/results.js';
import { type Words, wordsOf } from '../wording/words.js';
import { askFirstCode, bareSecret, recoveryBlocks, secretBlocks } from './enrol-app.js';

const OPTIONS = ['--operator <name>', '--password-stdin', '--token', '--expires <when>'] as const;
const own = () => ({ operator: z.string().default('admin') });

const init = command({ path: 'init', access: 'anyone', options: OPTIONS, own, run });

async function run({ context, words }: At<'anyone'>, given: Given<(typeof OPTIONS)[number], ReturnType<typeof own>>) {
  if (!given.token) requireShown(context);
  await context.house.refuseSecondDesk();
  // Everything that can be refused, mistyped or given up comes before anything is made.
  const name = readOperatorName(given.operator);
  const expiresAt = tokenEnd(await context.house.founding(), given.expires);
  const own = given.token ? undefined : await askOwn(context, name, given.passwordStdin);
  const { desk, keyMade, keyPlace } = await context.house.establish();
  const operator = await prepareOperator(desk, { name, role: 'admin', own });
  const token = given.token
    ? prepareToken(desk, { operatorId: operator.id, role: 'admin', label: 'init', expiresAt })
    : null;
  const recovery = given.token ? null : await makeRecoveryCodes(desk, operator.id);
  const places = { store: desk.store.place, key: keyPlace, keyMade };
  const who = pick(operator, 'id', 'name', 'role');
  const result: Result = {
    ...(token !== null && context.options.quiet ? { raw: `${token.token}\n` } : {}),
    view: [
      block.verdict(words('sign.desk-made')),
      block.fields(
        [words('sign.store'), places.store],
        [words('sign.key'), words('sign.key-is', { place: keyPlace, made: String(keyMade) })],
        [words('sign.first-admin'), operator.name],
      ),
      block.note(words('sign.keep-key')),
      ...(own === undefined || own.step !== null ? [] : await secretBlocks(context, own.shown)),
      ...(recovery === null ? [] : recoveryBlocks(recovery.codes, words)),
      ...tokenBlocks(token, words),
      block.next(
        token === null ? `countersign login --operator ${inShell(operator.name)}` : words('sign.next-token'),
        'countersign account import FILE',
      ),
    ],
    // With `--token` the members that scripts read come first: the token and when it expires.
    document:
      token !== null
        ? { token: token.token, expiresAt: iso(token.expiresAt), operator: who, ...places }
        : {
            operator: who,
            ...(own === undefined ? {} : { totp: bareSecret(own.shown) }),
            ...(recovery === null ? {} : { recoveryCodes: recovery.codes }),
            ...places,
          },
  };
  await finishEstablishing(desk, { operator, token, recovery, show: () => shown(context, result) });
  return { view: [], document: null, streamed: true };
}

async function shown(context: Context, result: Result): Promise<void> {
  try {
    await context.print(result);
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    const words = wordsOf(context);
    const message = words('sign.no-desk-made', { why: cause.message });
    throw new Refusal(cause.code, message, { hint: words('sign.make-room'), cause });
  }
}

/**
 * Password and authenticator app of the first admin; a mistyped code is asked again, and a weak password ends it. `step`: of the first code;
 * null if nobody can be asked for one.
 */
async function askOwn(context: Context, name: string, passwordStdin: boolean) {
  const message = wordsOf(context)('sign.password-for', { name });
  const password = await askNewSecret(context, passwordStdin, '--password-stdin', message);
  const founding = await context.house.founding();
  await requireOperatorPassword(founding, { name, role: 'admin', email: null }, password);
  const shown = await newSeed(founding, name);
  const prove = (code: string) =>
    appStep(founding, { secret: shown.secret, code, now: founding.now(), lastStep: null });
  const step = context.ask.possible && !passwordStdin ? await askFirstCode(context, shown, prove) : null;
  return { password, totp: shown.secret, step, shown };
}

export function tokenBlocks(token: NewToken | null, words: Words) {
  if (token === null) return [];
  return [
    block.blank,
    block.fields([words('sign.token'), token.token], [words('sign.expires'), localMinute(token.expiresAt)]),
    block.note(words('sign.token-once')),
  ];
}

export const commands: readonly Command[] = [init];
