/** The help topics that come with countersign: data/help/<topic>.md. Read only when a user asks for help. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopicFiles } from '../commands/typing/help-topics.js';

export function openTopics(dataFolder: string): TopicFiles {
  const folder = join(dataFolder, 'help');
  const names = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => name.slice(0, -'.md'.length))
      .sort();
  return {
    names,
    // Only a name from the list is read, so that no word typed after `help` leads out of the folder.
    read: (name) => (names().includes(name) ? readFileSync(join(folder, `${name}.md`), 'utf8') : undefined),
  };
}
