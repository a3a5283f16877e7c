/** `mfa resend`: the enrolment code of a reset once more, only to what is on file (B89). */

import * as z from 'zod';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { type Resent, resendCode } from '../../procedures/resets/resend-code.js';
import type { Block } from '../../terminal/render.js';
import { type Command, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';

const resend = command({
  path: 'mfa resend',
  summary: 'send the code that a reset user needs once more, only to what is on file',
  examples: [
    'countersign mfa resend 100241/janet.leverling --grant gr_…   (on a call)',
    'countersign mfa resend 100241/janet.leverling 100241/robert.king --json',
  ],
  access: 'mfa:reset-with-grant',
  arguments: [{ name: '<users...>', about: 'login, id or unique e-mail; or account/login' }],
  options: [
    { flags: '--account <account>', about: 'number, id or unique name of the account' },
    {
      flags: '--grant <grant>',
      about: 'of the verified caller; whoever may run bulk resets needs none',
    },
  ],
  input: () =>
    z
      .object({
        users: z.array(z.string()).min(1, 'name at least one user'),
        account: z.string().optional(),
        grant: z.string().optional(),
      })
      .refine(({ users, grant }) => grant === undefined || users.length === 1, 'a grant is for exactly one user'),
  run: async (context, given) => {
    const desk = await context.desk();
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const done: Resent[] = [];
    for (const reference of given.users) {
      const found = await findUser(desk, reference, account);
      done.push(await resendCode(desk, context.operator(), found, given.grant));
    }
    return resentResult(done);
  },
});

const WORDS = {
  delivered: 'the code is on its way to',
  queued: 'the code waits to be sent to',
  'given-up': 'the code could not be sent to',
} as const;
const NOTHING = {
  'not-needed': 'no code is needed: nobody was reset, or a method is set up again',
  'no-address': 'there is no e-mail address on file that is old enough; an admin of the company can hand a code on',
} as const;

function lineOf({ account, user, outcome, to, state, why }: Resent): string {
  const said =
    outcome === 'sent' ? `${WORDS[state ?? 'queued']} ${to}${why === null ? '' : ` (${why})`}` : NOTHING[outcome];
  return `${account.number}/${user.login}: ${said}.`;
}

/** Exit 4 where somebody got no code who needs one. */
export function resentResult(done: readonly Resent[]): Result {
  const unreached = done.some(({ outcome, state }) => outcome === 'no-address' || state === 'given-up');
  const say: Block = block.say('The code is in the mail to the address on file. The one before it no longer works.');
  return {
    view: [block.lines(...done.map(lineOf)), ...(done.length === 1 && done[0]?.state === 'delivered' ? [say] : [])],
    document: {
      resent: done.map(({ account, user, outcome, to, state, why }) => ({
        account: account.number,
        user: user.id,
        login: user.login,
        outcome,
        to,
        state,
        why,
      })),
    },
    exit: unreached ? 4 : 0,
  };
}

export const commands: readonly Command[] = [resend];
