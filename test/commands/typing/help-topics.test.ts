/** The help topics: each fits 80 columns, no word leads out of their folder, and the console's page names every key that works there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topicNames, topicText } from '../../../src/commands/typing/help-topics.js';
import { openTopics } from '../../../src/main/topic-files.js';
import { dataFolder, repositoryRoot } from '../../support/test-desk.js';

const topics = openTopics(dataFolder);

/** Keys as the sources name them, and as people read them: `ctrl-g` is `Ctrl-G`. */
function keysInSources(): readonly string[] {
  const folders = ['src/commands/calls', 'src/terminal'].map((folder) => join(repositoryRoot, folder));
  const texts = folders.flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const lists = texts.flatMap((text) => [...text.matchAll(/\[((?:'(?:f\d+|ctrl-\w)',? ?)+)\]/g)]);
  return lists
    .flatMap(([, names = '']) => names.match(/f\d+|ctrl-\w/g) ?? [])
    .map((name) => (name.startsWith('f') ? name.toUpperCase() : `Ctrl-${name.slice(-1).toUpperCase()}`));
}

describe('help topics', () => {
  it.each(topicNames(topics))('%s fits 80 columns and shows no mark-up of headings or fences', (name) => {
    const text = topicText(topics, name) ?? '';
    expect(text.length).toBeGreaterThan(100);
    expect(text.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    expect(text).not.toMatch(/^#+ |^```/m);
  });

  it('help console names every key of the live-call screen', () => {
    const page = topicText(topics, 'console') ?? '';
    const keys = keysInSources();
    expect(keys.length).toBeGreaterThan(8);
    expect(keys.filter((key) => !page.includes(key))).toEqual([]);
  });

  it.each(['../actions', '/etc/passwd', 'nothing'])('there is no topic "%s"', (name) => {
    expect(topicText(topics, name)).toBeUndefined();
  });
});
