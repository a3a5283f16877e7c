/** The help topics (data/help/<topic>.md) and the catalogues of languages (data/messages) that come with countersign, read when they are needed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tongue } from '../commands/ports.js';
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

/** Each catalogue is read once. A language without a folder has none. */
export function openMessages(dataFolder: string): Tongue['read'] {
  const known = new Map<string, unknown>();
  return (language, file) => {
    const path = join(dataFolder, 'messages', language, `${file}.json`);
    if (!known.has(path) && existsSync(path)) known.set(path, JSON.parse(readFileSync(path, 'utf8')));
    return known.get(path);
  };
}
