/**
 * `completion`: prints a small script for the user's shell (data/completion), which asks `completion words` what may be typed next. The answer
 * comes from the command specs, the policy, and for somebody who is signed in the ids of what waits (E40): never names of customers. The shell
 * compares what was typed and hands it over as arguments; it never reads it as code.
 */
import { Refusal } from '../../errors.js';
import { type Command, type Context, command } from '../command.js';
import { bare, completionTree, PLAIN, placeFor, SHELLS, type Typed, wordsFor } from './completion-tree.js';
import { firstWord } from './flag-names.js';
import { topicNames } from './help-topics.js';

const completion = command({
  path: 'completion',
  access: 'anyone',
  arguments: ['<shell>'],
  run: async ({ context }, { shell }) => {
    if (!SHELLS.includes(shell))
      throw new Refusal('invalid-input', `countersign has no completion for "${shell}"`, {
        hint: `Choose one of: ${SHELLS.join(', ')}.`,
      });
    // bash breaks words at ":" and "=", so its script joins them first, and leaves the part before the last of them out of the answers.
    const script = context.house.shipped(`completion/countersign.${shell}`);
    return { view: [], document: { completion: { shell, script } }, raw: script };
  },
});

const words = command({
  path: 'completion words',
  access: 'anyone',
  arguments: ['[typed...]'],
  run: async ({ context }, { typed }) => {
    const { catalogue, house } = context;
    const { policyFolder } = await context.settings();
    const entry = catalogue.find(({ word }) => word === firstWord(typed));
    const commands = entry === undefined ? [] : await entry.load();
    const policy = await house.readPolicy(policyFolder ?? house.dataFolder);
    const tree = completionTree({ catalogue, commands, policy, topics: topicNames(context.topics) });
    const at = placeFor(tree, typed);
    const found = [...wordsFor(tree, at), ...(await idsFor(context, at))];
    const lines = found.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
    return { view: [], document: { words: found }, raw: lines.map((line) => `${line}\n`).join('') };
  },
});

/** By the name of an argument that is an id: the noun that lists such ids. */
const LISTS: Readonly<Record<string, string>> = { call: 'call', grant: 'grant', job: 'job', request: 'approval' };

/** What the signed-in operator may list; nothing for anybody else. */
async function idsFor({ house }: Context, { ids, current }: Typed) {
  const noun = LISTS[ids ?? ''];
  if (noun === undefined) return [];
  const { exit, stdout } = await house.run([noun, 'list', '--json']);
  if (exit !== 0) return [];
  const rows = (JSON.parse(stdout) as Readonly<Record<string, readonly { readonly id: string }[]>>)[`${noun}s`] ?? [];
  return bare(rows.map(({ id }) => id).filter((id) => PLAIN.test(id) && id.startsWith(current)));
}

export const commands: readonly Command[] = [completion, words];
