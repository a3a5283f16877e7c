/** `mfa reset`: one user under a live grant, or many with a reason and a ticket (B50–B61). */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { type GrantedReset, RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import { languageOf } from '../../rules/language.js';
import { untilApproved } from '../ask-approver.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { TABLE_OPTIONS, tableInput } from '../directory/table-options.js';
import { wordsOf } from '../wording/words.js';
import { bulkReset } from './bulk-reset.js';
import { exitOfReset, resetDocument, resetView } from './reset-view.js';

const input = () =>
  z.object({
    users: z.array(z.string()).default([]),
    account: z.string().optional(),
    grant: z.string().optional(),
    from: z.string().optional(),
    ...tableInput(),
    all: z.boolean().default(false),
    reason: z.string().optional(),
    ticket: z.string().optional(),
    dryRun: z.boolean().default(false),
    plan: z.string().optional(),
    apply: z.string().optional(),
    confirm: z.coerce.number<string>().int('must be a whole number').optional(),
    failed: z.string().optional(),
    final: z.boolean().default(false),
    wait: z.boolean().default(false),
  });
type Given = z.infer<ReturnType<typeof input>>;

const reset = command<Given>({
  path: 'mfa reset',
  access: 'mfa:reset-with-grant',
  arguments: ['[users...]'],
  options: [
    '--account <account>',
    '--grant <grant>',
    { flags: '--from <file>', path: 'reads' },
    ...TABLE_OPTIONS,
    '--all',
    '--reason <text>',
    '--ticket <text>',
    '--dry-run',
    { flags: '--plan <file>', path: 'writes' },
    { flags: '--apply <file>', path: 'reads' },
    '--confirm <n>',
    { flags: '--failed <file>', path: 'writes' },
    '--final',
    '--wait',
  ],
  input: input as () => z.ZodType<Given>,
  run: async (context, given) => {
    if (given.grant !== undefined) return onCall(context, given, given.grant);
    if (isBulk(given)) return bulkReset(context, given);
    await askAuthority(await context.desk(), context.operator(), RESETTING);
    throw refusal('no-grant', 'reset-needs-grant', {}, 'verify-or-reason');
  },
});

const isBulk = (given: Given): boolean =>
  [given.from, given.apply, given.plan, given.reason, given.ticket, given.confirm].some(
    (value) => value !== undefined,
  ) ||
  given.all ||
  given.dryRun;

/** Resets one user for the verified caller. */
async function onCall(context: Context, given: Given, grantId: string): Promise<Result> {
  const desk = await context.desk();
  const signed = context.operator();
  await askAuthority(desk, signed, RESETTING);
  const [reference, ...more] = given.users;
  if (
    reference === undefined ||
    more.length > 0 ||
    given.from !== undefined ||
    given.all ||
    given.apply !== undefined
  ) {
    throw refusal('usage', 'grant-for-one', {}, 'name-reset-user');
  }
  const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
  const found = await findUser(desk, reference, account);
  const { reason, ticket, final } = given;
  const asked: GrantedReset = { grantId, account: found.account, target: found.user, reason, ticket, final };
  const attempt = () => resetUnderGrant(desk, signed, asked);
  const outcome = await untilApproved(context, given.wait, attempt);
  const words = wordsOf(context);
  const heard = words.in(languageOf(outcome.account, outcome.caller, desk.language));
  return { view: resetView(outcome, words, heard), document: resetDocument(outcome), exit: exitOfReset(outcome) };
}

export const commands: readonly Command[] = [reset];
