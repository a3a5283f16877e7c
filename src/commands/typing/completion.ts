/**
 * `completion`: a script for the reader's shell, made from the same command specs as the help. The words in it are fixed when it is
 * made: commands, options, and names of the policy. It runs no countersign and no command when a key is pressed, knows no
 * customer, and hands nothing that was typed to the shell to be read as code.
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
  summary: 'completion of commands for bash, zsh or fish',
  examples: [
    'source <(countersign completion bash)',
    'countersign completion zsh > ~/.zfunc/_countersign    (with ~/.zfunc in fpath)',
    'countersign completion fish > ~/.config/fish/completions/countersign.fish',
  ],
  access: 'anyone',
  arguments: [{ name: '<shell>', about: 'bash, zsh or fish' }],
  input: () => z.object({ shell: z.string() }),
  run: async (context, { shell }) => {
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (write === undefined) {
      throw new Refusal('invalid-input', `there is no completion for "${shell}"`, {
        hint: `One of: ${Object.keys(SHELLS).join(', ')}.`,
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
