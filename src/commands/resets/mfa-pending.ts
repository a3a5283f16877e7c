/** `mfa pending`: lists users who were reset and have not enrolled again (B57, B62). */

import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { csvText } from '../../procedures/directory/export-directory.js';
import { seePeople } from '../../procedures/directory/see-people.js';
import { type PendingEnrolment, pendingEnrolments } from '../../procedures/resets/pending-enrolments.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

const WORDS = {
  waiting: 'code sent, not used',
  unsent: 'code waits to be sent',
  'not-sent': 'code could not be sent',
  'no-address': 'no usable address for a code',
  expired: 'code expired: mfa resend, or their next sign-in, sends another',
  objected: 'OBJECTED: stopped by the customer',
  'no-code-needed': 'not enrolled yet',
} as const;

const pending = command({
  path: 'mfa pending',
  access: 'mfa:read',
  options: ['--job <job>', '--csv'],
  input: () => z.object({ job: z.string().optional(), csv: z.boolean().default(false) }),
  run: async (context, given) => {
    const desk = await context.desk();
    const found = await pendingEnrolments(desk, given.job);
    if (given.csv) return { view: [], document: null, raw: await toCall(desk, context.operator(), found) };
    return {
      view: [
        block.table(
          ['user', 'reset at', 'state', 'reset'],
          found.map(({ reset, user, account, state }) => [
            `${account.number}/${user.login}`,
            localMinute(reset.at),
            WORDS[state],
            reset.id,
          ]),
          'No user still has to enrol again.',
        ),
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

async function toCall(desk: Desk, signed: SignedOperator, found: readonly PendingEnrolment[]): Promise<string> {
  const people = await seePeople(desk, signed, 'mfa pending', found);
  const rows = found.map(({ reset, account, state }, n) => {
    const user = people[n]?.user;
    return [account.number, user?.login ?? '', user?.name ?? '', user?.phone ?? '', state, iso(reset.at), reset.id];
  });
  return csvText(['account', 'login', 'name', 'phone', 'state', 'reset_at', 'reset'], rows);
}

export const commands: readonly Command[] = [pending];
