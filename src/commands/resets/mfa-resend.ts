/** `mfa resend`: the enrolment code of a reset once more, only to what is on file (B89). */
import * as z from 'zod';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { type Resent, resendCode } from '../../procedures/resets/resend-code.js';
import { languageOf } from '../../rules/language.js';
import { type Command, command, type Result } from '../command.js';
import { block } from '../wording/results.js';
import { sayBlocks, type Words } from '../wording/words.js';

const resend = command({
  path: 'mfa resend',
  access: 'mfa:reset-with-grant',
  arguments: ['<users...>'],
  options: ['--account <account>', '--grant <grant>'],
  input: () =>
    z
      .object({
        users: z.array(z.string()).min(1, 'name at least one user'),
        account: z.string().optional(),
        grant: z.string().optional(),
      })
      .refine(({ users, grant }) => grant === undefined || users.length === 1, 'a grant is for exactly one user'),
  run: async ({ desk, signed, words }, given) => {
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const done: Resent[] = [];
    for (const reference of given.users) {
      const found = await findUser(desk, reference, account);
      done.push(await resendCode(desk, signed, found, given.grant));
    }
    const [first] = done;
    const language = languageOf(first?.account ?? null, first?.user ?? null, desk.language);
    return resentResult(done, words, words.in(language));
  },
});

/** Exit 4 where somebody got no code who needs one. */
export function resentResult(done: readonly Resent[], words: Words, heard: Words): Result {
  const unreached = done.some(({ outcome, state }) => outcome === 'no-address' || state === 'given-up');
  const say = done.length === 1 && done[0]?.state === 'delivered';
  const lines = done.map(({ account, user, outcome, to, state, why }) => {
    const said = outcome === 'sent' ? (state ?? 'queued') : outcome;
    return words(`reset.resent-${said}`, { who: `${account.number}/${user.login}`, to, why });
  });
  return {
    view: [block.lines(...lines), ...(say ? sayBlocks(words, heard, 'aloud.code-resent') : [])],
    document: {
      resent: done.map(({ account, user, outcome, to, state, why }) => {
        return { account: account.number, user: user.id, login: user.login, outcome, to, state, why };
      }),
    },
    exit: unreached ? 4 : 0,
  };
}

export const commands: readonly Command[] = [resend];
