/** The sentences of refusals in data/messages: each language is complete, and each refusal gives what its sentences name (B98). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Catalogue, checkRefusals, namedIn } from '../../support/refusal-checks.js';
import { repositoryRoot } from '../../support/test-desk.js';

const FOLDER = join(repositoryRoot, 'data/messages');
const LANGUAGES = readdirSync(FOLDER);
type Tree = { readonly [key: string]: string | Tree };

/** Every message of a language by its path: `refusals.desk.steps.sign-in`. */
function messagesOf(language: string): ReadonlyMap<string, string> {
  const leaves = (tree: Tree, place: string): [string, string][] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${place}.${key}`, value] as [string, string]] : leaves(value, `${place}.${key}`),
    );
  return new Map(['refusals', 'terms'].flatMap((file) => leaves(read(language, file), file)));
}

const read = (language: string, file: string): Tree =>
  JSON.parse(readFileSync(join(FOLDER, language, `${file}.json`), 'utf8'));

/** All messages of a key: the customers', and the desk's own. */
function byKey(language: string, half: 'reasons' | 'steps'): ReadonlyMap<string, readonly string[]> {
  const { customer, desk } = read(language, 'refusals') as Record<string, Record<string, Record<string, string>>>;
  const halves = [customer?.[half] ?? {}, desk?.[half] ?? {}];
  const keys = new Set(halves.flatMap((each) => Object.keys(each)));
  return new Map([...keys].map((key) => [key, halves.flatMap((each) => each[key] ?? [])]));
}

/** What a message names, without regard to order; the words of a `select` must be the same in every language. */
const signature = (message: string) =>
  [
    ...new Set(
      namedIn(message).map(
        ({ name, how, options, style }) => `${name} ${how} ${style} ${how === 'select' ? options.toSorted() : ''}`,
      ),
    ),
  ].toSorted();

describe('the catalogue of refusals', () => {
  it.each(LANGUAGES)('%s has every sentence of English, and each names the same facts', (language) => {
    const [own, english] = [messagesOf(language), messagesOf('en')];
    expect([...own.keys()]).toEqual([...english.keys()]);
    for (const [place, message] of own) expect(signature(message), place).toEqual(signature(english.get(place) ?? ''));
    expect([...own.values()].filter((message) => message.trim() === '')).toEqual([]);
  });

  it('every refusal has its sentences, gives the facts that they name, and no sentence is without a refusal', () => {
    const catalogue: Catalogue = {
      reasons: byKey('en', 'reasons'),
      steps: byKey('en', 'steps'),
      terms: read('en', 'terms') as Catalogue['terms'],
    };
    const wrong = `import { refusal } from './errors.js';
export const missing = refusal('usage', 'token-lifetime', { days: 3 });
export const nothing = (name: string | null) => refusal('usage', 'user-gone', { name }, 'enable-operator');
export const text = refusal('locked', 'login-locked-until', { until: 'noon' });
`;
    const { faults, reasons, steps } = checkRefusals(repositoryRoot, catalogue, { 'wrong.ts': wrong });
    const [staged, real] = [true, false].map((made) =>
      faults.filter((fault) => fault.startsWith('src/wrong.ts') === made),
    );
    expect(real).toEqual([]);
    expect(staged?.map((fault) => fault.split(', in')[0])).toEqual([
      'src/wrong.ts:2: no fact {maxDays}',
      'src/wrong.ts:3: {name} may be missing',
      'src/wrong.ts:4: {until} is no number',
    ]);
    expect([...catalogue.reasons.keys()].filter((key) => !reasons.has(key))).toEqual([]);
    expect([...catalogue.steps.keys()].filter((key) => !steps.has(key))).toEqual([]);
  }, 120_000);
});
