/** `portal reset …`: an admin of the company resets users, or objects to a reset (B50, B62). */
import * as z from 'zod';
import { objectToReset } from '../../procedures/resets/object-to-reset.js';
import { RESETTING_USERS, resetInPortal } from '../../procedures/resets/reset-in-portal.js';
import { type Command, command } from '../command.js';
import { exitOfTally, rowDocument, runView } from '../resets/bulk-view.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { freshSession, openSession } from './portal-session.js';

const reset = command({
  path: 'portal reset',
  summary: 'reset the second factors of users of your company (admins)',
  examples: [
    'countersign portal reset janet.leverling --account 100241 --as ana.trujillo',
    'countersign portal reset janet.leverling robert.king --account 100241 --as ana.trujillo --json',
  ],
  access: 'anyone',
  arguments: [{ name: '[users...]', about: 'login, id or unique e-mail' }],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), users: z.array(z.string()).min(1, 'name at least one user') }),
  run: (context, given) =>
    freshSession(context, given, RESETTING_USERS, async ({ desk, login }) => {
      if (context.ask.possible && !context.options.yes) {
        const prompts = await context.ask.prompts('--yes');
        const whom = given.users.length === 1 ? (given.users[0] ?? '') : `${given.users.length} users`;
        if (!(await prompts.confirm({ message: `Reset the second factors of ${whom}?` }))) {
          return { view: [{ kind: 'lines', lines: ['Nothing was changed.'] }], document: { resets: [] }, exit: 130 };
        }
      }
      const rows = await resetInPortal(desk, login, given.users);
      const tally = new Map<(typeof rows)[number]['outcome'], number>();
      for (const row of rows) tally.set(row.outcome, (tally.get(row.outcome) ?? 0) + 1);
      const notDone = rows.filter((row) => ['unknown', 'ambiguous'].includes(row.outcome));
      return {
        view: runView({ tally, job: null, approval: null, failedFile: null, notDone }),
        document: { resets: rows.map((row) => rowDocument(row, null)) },
        exit: exitOfTally(tally),
      };
    }),
});

const object = command({
  path: 'portal reset object',
  summary: 'object to a reset; nothing can be set up until it is settled (admins)',
  examples: ['countersign portal reset object rst_… --account 100241 --as ana.trujillo'],
  access: 'anyone',
  arguments: [{ name: '<reference>', about: 'the reference in the notice' }],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), reference: z.string() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const objections = await objectToReset(desk, login, given.reference);
      return {
        view: [
          { kind: 'verdict', verdict: 'OBJECTION TAKEN', tone: 'warn' },
          {
            kind: 'lines',
            lines: [
              ...objections
                .slice(0, 20)
                .map(({ target }) => `Nothing can be set up for ${target.login} until this is settled.`),
              'Your support desk and the admins of your company are told.',
            ],
          },
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

export const commands: readonly Command[] = [reset, object];
