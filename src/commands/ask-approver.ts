/** A second operator, who approves in person beside the one who asks: by options or prompts. */
import * as z from 'zod';
import { isRefusal } from '../errors.js';
import type { SignIn } from '../procedures/operators/sign-in-operator.js';
import { waitForApproval } from '../procedures/resets/approvals.js';
import { askCode, askSecret } from './ask-secret.js';
import type { Context, Given } from './command.js';
import { wordsOf } from './wording/words.js';

export const approverInput = () => ({ approver: z.string().min(1).optional() });

export const approverOptions = (about: string) =>
  [
    { flags: '--approver <name>', about },
    { flags: '--approver-password-stdin', about: 'read the password of the second operator from standard input' },
    { flags: '--code <code>', about: "code from the second operator's authenticator app" },
  ] as const;

export type GivenApprover = Given<ReturnType<typeof approverOptions>[number], ReturnType<typeof approverInput>>;

/** Undefined if nobody was named, and nobody can be asked or the answer was empty. */
export async function askSecondOperator(
  context: Context,
  given: GivenApprover,
  message = wordsOf(context)('sign.second'),
  /** The password, where the command has read it already. */
  read?: string,
): Promise<SignIn | undefined> {
  const ask = async () => (await context.ask.prompts('--approver')).line({ message });
  const name = given.approver ?? (context.ask.possible ? await ask() : '');
  if (name === '') return undefined;
  const fromStdin = given.approverPasswordStdin;
  const words = wordsOf(context);
  const asked = () => askSecret(context, fromStdin, '--approver-password-stdin', words('sign.password-of', { name }));
  const password = read ?? (await asked());
  return { name, password, code: () => askCode(context, given.code, words('sign.code-of', { name })) };
}

/** With `wait`, an attempt that needs a second operator's yes waits until that is decided, and is made again. */
export async function untilApproved<T>(context: Context, wait: boolean, attempt: () => Promise<T>): Promise<T> {
  return attempt().catch(async (error: unknown) => {
    const id = isRefusal(error) && error.code === 'approval-needed' ? approvalIn(error.also) : undefined;
    if (!wait || id === undefined) throw error;
    context.notice(wordsOf(context)('approval.wait', { id }));
    await waitForApproval(await context.desk(), id, context.signal);
    return attempt();
  });
}

const approvalIn = (also: Readonly<Record<string, unknown>>): string | undefined =>
  (also['approval'] as { id?: string } | undefined)?.id;
