/** `portal reset …`: an admin of the company resets users, or objects to a reset (B50, B62). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { objectToReset } from '../../procedures/resets/object-to-reset.js';
import { RESENDING, resendInPortal } from '../../procedures/resets/resend-code.js';
import { countPortalReset, RESETTING_USERS, resetInPortal } from '../../procedures/resets/reset-in-portal.js';
import { type Command, type Context, command } from '../command.js';
import { exitOfTally, rowDocument, runView } from '../resets/bulk-view.js';
import { resentResult } from '../resets/mfa-resend.js';
import { block } from '../wording/blocks.js';
import { wordsOf } from '../wording/words.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { freshSession, openSession } from './portal-session.js';

const reset = command({
  path: 'portal reset',
  access: 'anyone',
  arguments: ['[users...]'],
  options: ['--reason <text>', '--confirm <n>', ...PORTAL_OPTIONS],
  input: () =>
    z.object({
      ...portalShape(),
      users: z.array(z.string()).min(1, 'name at least one user'),
      reason: z.string().optional(),
      confirm: z.coerce.number<string>().int('must be a whole number').optional(),
    }),
  run: (context, given) =>
    freshSession(context, given, RESETTING_USERS, async ({ desk, login }) => {
      const references = given.users;
      const count = await countPortalReset(desk, login, references);
      requireBoth(context, given, count);
      const reason = given.reason ?? (await askReason(context));
      const confirmed = given.confirm ?? (await askNumber(context, references, count));
      const rows = await resetInPortal(desk, login, { references, reason, confirmed });
      const tally = new Map<(typeof rows)[number]['outcome'], number>();
      for (const row of rows) tally.set(row.outcome, (tally.get(row.outcome) ?? 0) + 1);
      const notDone = rows.filter((row) => ['unknown', 'ambiguous'].includes(row.outcome));
      return {
        view: runView({ tally, job: null, approval: null, failedFile: null, notDone }, wordsOf(context)),
        document: { resets: rows.map((row) => rowDocument(row, null)) },
        exit: exitOfTally(tally),
      };
    }),
});

const resend = command({
  path: 'portal resend',
  access: 'anyone',
  arguments: ['<login>'],
  options: ['--hand-on', ...PORTAL_OPTIONS],
  input: () => z.object({ ...portalShape(), login: z.string(), handOn: z.boolean().default(false) }),
  run: (context, given) =>
    freshSession(context, given, RESENDING, async ({ desk, login }) => {
      const done = await resendInPortal(desk, login, { reference: given.login, handOn: given.handOn });
      return resentResult([done], wordsOf(context), wordsOf(context));
    }),
});

/** A script that gave neither learns both at once; of one alone the procedure speaks. */
function requireBoth(
  context: Context,
  given: { reason?: string | undefined; confirm?: number | undefined },
  count: number,
) {
  if (context.ask.possible || count === 0 || given.reason !== undefined || given.confirm !== undefined) return;
  const words = wordsOf(context);
  throw new Refusal('missing-option', words('objection.missing', { count }), {
    hint: words('objection.missing-next'),
    also: { reset: { confirm: count } },
  });
}

/** Empty if nobody can be asked: the procedure refuses it by name. */
async function askReason(context: Context): Promise<string> {
  if (!context.ask.possible) return '';
  const words = wordsOf(context);
  const validate = (answer: string) => answer !== '' || words('objection.few-words');
  return (await context.ask.prompts('--reason')).line({ message: words('approval.reason'), validate });
}

/** --yes does not replace the number (B59). */
async function askNumber(context: Context, users: readonly string[], count: number): Promise<number | undefined> {
  if (count === 0 || !context.ask.possible) return undefined;
  const words = wordsOf(context);
  const [only = '', ...more] = users;
  const whom = more.length === 0 ? only : words('objection.some', { count, total: users.length, users });
  const prompts = await context.ask.prompts('--confirm');
  const message = words('objection.type', { count, whom });
  if (await prompts.typed({ message, expected: String(count) })) return count;
  throw new Refusal('cancelled', words('objection.not-typed'));
}

const object = command({
  path: 'portal reset object',
  access: 'anyone',
  arguments: ['<reference>'],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), reference: z.string() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      const objections = await objectToReset(desk, login, given.reference);
      return {
        view: [
          block.verdict(words('objection.taken'), 'warn'),
          block.lines(
            ...objections.slice(0, 20).map(({ target }) => words('objection.bars', { login: target.login })),
            words('objection.told'),
          ),
        ],
        document: {
          objections: objections.map(({ reset: row, target, first }) => ({
            reset: row.id,
            user: { id: target.id, login: target.login },
            first,
          })),
        },
      };
    }),
});

export const commands: readonly Command[] = [reset, resend, object];
