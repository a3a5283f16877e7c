/**
 * `completion`: prints a script for the user's shell, made from the same command specs as the help. Its words (commands, options and
 * names of the policy) are fixed when it is made. So it runs no command when a key is pressed, contains no customer data, and
 * never lets the shell read what was typed as code.
 */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { type Command, type Context, command } from '../command.js';
import { bashScript } from './completion-bash.js';
import { fishScript } from './completion-fish.js';
import { type CompletionTree, completionTree, everyCommand } from './completion-tree.js';
import { zshScript } from './completion-zsh.js';
import { topicNames } from './help-topics.js';

const SHELLS: Readonly<Record<string, (tree: CompletionTree) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const completion = command<{ shell: string }>({
  path: 'completion',
  access: 'anyone',
  arguments: ['<shell>'],
  input: () => z.object({ shell: z.string() }),
  run: async (context, { shell }) => {
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (write === undefined) {
      throw new Refusal('invalid-input', `countersign has no completion for "${shell}"`, {
        hint: `Choose one of: ${Object.keys(SHELLS).join(', ')}.`,
      });
    }
    const { catalogue, topics } = context;
    const commands = await everyCommand(catalogue);
    const script = write(completionTree(catalogue, commands, await policyInForce(context), topicNames(topics)));
    return { view: [], document: { completion: { shell, script } }, raw: script };
  },
});

async function policyInForce(context: Context) {
  const { policyFolder } = await context.settings();
  return context.house.readPolicy(policyFolder ?? context.house.dataFolder);
}

export const commands: readonly Command[] = [completion];
