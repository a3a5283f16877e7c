/** Mails lead to the customers' pages where the settings name them, and say what they said before where they do not (B91). */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messagesWith, openComposer } from '../../src/delivery/templates.js';
import { pagesUrlOf } from '../../src/opening/pages-url.js';
import { dataFolder } from '../support/test-desk.js';

const WITH_LINK = Object.entries(messagesWith([])).filter(([, { placeholders }]) => placeholders.includes('pages'));
/** The pages that a sign-in leads to, and the two that need none. */
const PLACES = ['/activate', '/password', '/sign-in', '/users'];

describe.each(['en', 'de'])('links in mails, %s (B91)', (language) => {
  const composed = (name: string, words: readonly string[], pagesUrl: string | null) => {
    const desk = { name: 'The desk', language, languages: ['en', 'de'], pagesUrl };
    const values = words.filter((word) => word !== 'pages' && word !== 'deskName').map((word) => [word, `${word}1`]);
    return openComposer(join(dataFolder, 'messages'), desk, [])(name, Object.fromEntries(values)).body;
  };

  it.each(WITH_LINK)(
    '%s has one, with nothing of the message in it, and none without the setting',
    (name, { placeholders }) => {
      const [link, ...more] = composed(name, placeholders, 'https://desk.example').match(/https?:\S+/g) ?? [];
      expect(more).toEqual([]);
      expect(PLACES.map((place) => `https://desk.example${place}`)).toContain(link);
      const without = composed(name, placeholders, null);
      expect(without).not.toMatch(/https?:|\{|our pages|unseren Seiten|\n\n\n/);
    },
  );
});

describe('[pages] url', () => {
  it.each(['https://desk.example', 'https://desk.example:8443/', 'http://localhost:8443'])('%s counts', (url) => {
    expect(pagesUrlOf({ url })).toBe(url.replace(/\/$/, ''));
  });
  it.each([
    'http://desk.example',
    'http://127.0.0.1:8443',
    'https://desk.example/portal',
    'https://x@desk.example',
    'desk.example',
    `https://${'a'.repeat(60)}.example`,
    7,
  ])('%s is refused: a browser would keep no passkey or cookie there, or a mail would be broken', (url) => {
    expect(() => pagesUrlOf({ url })).toThrow(/\[pages\]/);
  });
  it('is none where nothing is said, and a misspelled name is refused', () => {
    expect(pagesUrlOf(undefined)).toBeNull();
    expect(() => pagesUrlOf({ adress: 'https://desk.example' })).toThrow(/\[pages\]/);
  });
});
