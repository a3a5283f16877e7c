/** A second operator, who approves in person beside the one who asks: by options or prompts. */
import * as z from 'zod';
import type { SignIn } from '../procedures/operators/sign-in-operator.js';
import { askCode, askSecret } from './ask-secret.js';
import type { Context, OptionSpec } from './command.js';

export const approverInput = () => ({
  approver: z.string().min(1).optional(),
  approverPasswordStdin: z.boolean().default(false),
  code: z.string().optional(),
});

interface GivenApprover {
  readonly approver?: string | undefined;
  readonly approverPasswordStdin: boolean;
  readonly code?: string | undefined;
}

export const approverOptions = (about: string): readonly OptionSpec[] => [
  { flags: '--approver <name>', about },
  { flags: '--approver-password-stdin', about: 'read the password of the second operator from standard input' },
  { flags: '--code <code>', about: "code from the second operator's authenticator app" },
];

/** Undefined if nobody was named, and nobody can be asked or the answer was empty. */
export async function askSecondOperator(
  context: Context,
  given: GivenApprover,
  message = 'Second operator (lead or admin)',
): Promise<SignIn | undefined> {
  const ask = async () => (await context.ask.prompts('--approver')).line({ message });
  const name = given.approver ?? (context.ask.possible ? await ask() : '');
  if (name === '') return undefined;
  const fromStdin = given.approverPasswordStdin;
  const password = await askSecret(context, fromStdin, '--approver-password-stdin', `Password of ${name}`);
  return { name, password, code: () => askCode(context, given.code, `Code from ${name}'s authenticator app`) };
}
