/** `portal reset …`: an admin of the company resets users, or objects to a reset (B50, B62). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { objectToReset } from '../../procedures/resets/object-to-reset.js';
import { RESENDING, resendInPortal } from '../../procedures/resets/resend-code.js';
import { countPortalReset, RESETTING_USERS, resetInPortal } from '../../procedures/resets/reset-in-portal.js';
import { type Command, wholeNumber } from '../command.js';
import { exitOfTally, rowDocument, runView } from '../resets/bulk-view.js';
import { resentResult } from '../resets/mfa-resend.js';
import { block } from '../wording/results.js';
import { portalCommand } from './portal-session.js';

const reset = portalCommand({
  path: 'portal reset',
  arguments: ['[users...]'],
  options: ['--reason <text>', '--confirm <n>'],
  own: () => ({ users: z.array(z.string()).min(1, 'name at least one user'), confirm: wholeNumber().optional() }),
  door: RESETTING_USERS,
  run: async ({ desk, login, words }, { users: references, reason, confirm: confirmed }) => {
    // A script that gave neither learns both at once; of one alone the procedure speaks. --yes does not replace the number (B59).
    const gaveNeither = reason === undefined && confirmed === undefined;
    const count = gaveNeither ? await countPortalReset(desk, login, references) : 0;
    if (count > 0) {
      throw new Refusal('missing-option', words('objection.missing', { count }), {
        hint: words('objection.missing-next'),
        also: { reset: { confirm: count } },
      });
    }
    const rows = await resetInPortal(desk, login, { references, reason: reason ?? '', confirmed });
    const tally = new Map<(typeof rows)[number]['outcome'], number>();
    for (const row of rows) tally.set(row.outcome, (tally.get(row.outcome) ?? 0) + 1);
    const notDone = rows.filter((row) => ['unknown', 'ambiguous'].includes(row.outcome));
    return {
      view: runView({ tally, job: null, approval: null, failedFile: null, notDone }, words),
      document: { resets: rows.map((row) => rowDocument(row, null)) },
      exit: exitOfTally(tally),
    };
  },
});

const resend = portalCommand({
  path: 'portal resend',
  arguments: ['<login>'],
  options: ['--hand-on'],
  door: RESENDING,
  run: async ({ desk, login, words }, given) => {
    const done = await resendInPortal(desk, login, { reference: given.login, handOn: given.handOn });
    return resentResult([done], words, words);
  },
});

const object = portalCommand({
  path: 'portal reset object',
  arguments: ['<reference>'],
  run: async ({ desk, login, words }, { reference }) => {
    const objections = await objectToReset(desk, login, reference);
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
  },
});

export const commands: readonly Command[] = [reset, resend, object];
