/** `mfa pending`: lists users who were reset and have not enrolled again (B57, B62). */

import * as z from 'zod';
import { pendingEnrolments } from '../../procedures/resets/pending-enrolments.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { localMinute } from '../wording/times.js';

const WORDS = {
  waiting: 'code made, not used',
  expired: 'code expired: reset again to send another',
  objected: 'OBJECTED: stopped by the customer',
  'no-code-needed': 'not enrolled yet',
} as const;

const pending = command({
  path: 'mfa pending',
  summary: 'list users who were reset and have not enrolled again',
  examples: ['countersign mfa pending', 'countersign mfa pending --job job_… --json'],
  access: 'mfa:read',
  options: [{ flags: '--job <job>', about: 'only users of this bulk reset' }],
  input: () => z.object({ job: z.string().optional() }),
  run: async (context, given) => {
    const found = await pendingEnrolments(await context.desk(), given.job);
    return {
      view: [
        {
          kind: 'table',
          columns: [{ title: 'user' }, { title: 'reset at' }, { title: 'state' }, { title: 'reset' }],
          empty: 'No user still has to enrol again.',
          rows: found.map(({ reset, user, account, state }) => [
            `${account.number}/${user.login}`,
            localMinute(reset.at),
            WORDS[state],
            reset.id,
          ]),
        },
      ],
      document: {
        pending: found.map(({ reset, user, account, state }) => ({
          reset: reset.id,
          job: reset.job_id,
          user: { id: user.id, login: user.login, name: user.name },
          account: { id: account.id, number: account.number },
          at: iso(reset.at),
          state,
          objectedAt: iso(reset.objected_at),
        })),
      },
    };
  },
});

export const commands: readonly Command[] = [pending];
