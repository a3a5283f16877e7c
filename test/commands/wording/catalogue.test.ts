/** The sentences of refusals in data/messages: each language is complete, and each refusal gives what its sentences name (B98). */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScreenKey } from '../../../src/commands/wording/words.js';
import { type Catalogue, checkRefusals, namedIn } from '../../support/refusal-checks.js';
import { saidIn, sentencesIn, sourcesIn } from '../../support/screen-checks.js';
import { repositoryRoot } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';

const FOLDER = join(repositoryRoot, 'data/messages');
const LANGUAGES = readdirSync(FOLDER);
type Tree = { readonly [key: string]: string | Tree };

/** Every message of a language by its path: `refusals.desk.steps.sign-in`. */
function messagesOf(language: string): ReadonlyMap<string, string> {
  const leaves = (tree: Tree, place: string): [string, string][] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${place}.${key}`, value] as [string, string]] : leaves(value, `${place}.${key}`),
    );
  return new Map(['refusals', 'terms', 'screens'].flatMap((file) => leaves(read(language, file), file)));
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

  it.each(LANGUAGES)('%s chooses by no fact that is said in terms: the choice would never fit', (language) => {
    const terms = read('en', 'terms') as Record<string, Tree>;
    const saidAs = (set: string, option: string) => Object.hasOwn(terms[set] ?? {}, option);
    const wrong = [...messagesOf(language)].filter(([, message]) =>
      namedIn(message).some(({ name, how, options }) => how === 'select' && options.some((one) => saidAs(name, one))),
    );
    expect(wrong).toEqual([]);
  });

  it.each(LANGUAGES)('%s: in a command that is copied, a name of somebody is one word for the shell', (language) => {
    const bare = [...messagesOf(language)].flatMap(([place, message]) => {
      const commands = message.match(/\bcountersign [a-z]+ .*?(?= {3}|\(|$)/g) ?? [];
      return commands
        .map((command) => command.replace(/<word>.*?<\/word>/g, ''))
        .filter((command) => /\{(name|login|who|user|file)\}/.test(command))
        .map((command) => `${place}: ${command}`);
    });
    expect(bare.filter((one) => !/not-a-plan|not-an-import|profile-broken/.test(one))).toEqual([]);
    expect(wordsAt(0)('sign.next-start', { name: "Mira d'Or" })).toContain("start 'Mira d'\\''Or' --code");
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

describe('the catalogue of screens', () => {
  const screens = () =>
    new Map(
      [...messagesOf('en')].flatMap(([place, message]) =>
        place.startsWith('screens.') ? [[place.slice('screens.'.length), message] as const] : [],
      ),
    );

  it('every sentence is used, and gets what it names', () => {
    const catalogue = screens();
    const said = saidIn(repositoryRoot, new Set(catalogue.keys()));
    const used = new Set(said.map(({ key }) => key));
    const terminal = sourcesIn(join(repositoryRoot, 'src/terminal'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    // The terminal's own texts are their own keys.
    const spoken = (key: string) =>
      key.startsWith('terminal.') && terminal.includes(key.slice('terminal.'.length).replace(/ 5 s.*/u, ' $'));
    expect([...catalogue.keys()].filter((key) => !used.has(key) && !spoken(key))).toEqual([]);
    const lacking = said.flatMap(({ key, facts, place }) =>
      namedIn(catalogue.get(key) ?? '')
        .filter(({ name, how }) => facts !== undefined && how !== 'tag' && !facts.includes(name))
        .map(({ name }) => `${basename(place)}: ${key} {${name}}`),
    );
    expect(lacking).toEqual([]);
  });

  it('no sentence that a caller, a customer, an agent on a call or a lead meets is in the code', () => {
    const folders = ['calls', 'portal', 'directory', 'resets', 'log', 'operators', 'upkeep', 'trial'].map(
      (wing) => `commands/${wing}`,
    );
    const all = [...folders, 'rules/guidance.ts', 'commands/ask.ts'].map((one) => join(repositoryRoot, 'src', one));
    const files = all.flatMap((one) => (one.endsWith('.ts') ? [one] : sourcesIn(one)));
    expect(files.length).toBeGreaterThan(25);
    expect(files.flatMap((file) => sentencesIn(file, readFileSync(file, 'utf8')))).toEqual([]);
    const planted = "context.notice(`Sent to`); block.note('Shown once'); ask({ message: 'Login' }); words('a.b');";
    expect(sentencesIn('x.ts', planted)).toEqual(['x.ts:1: Sent to', 'x.ts:1: Shown once', 'x.ts:1: Login']);
  });

  it('a third language is one folder; what it lacks is said in English (B98)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-language-'));
    try {
      cpSync(join(FOLDER, 'en'), join(folder, 'messages/nl'), { recursive: true });
      const neutral: ScreenKey = 'aloud.neutral';
      const path = join(folder, 'messages/nl/screens.json');
      const { aloud } = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify({ aloud: { ...aloud, neutral: 'Het spijt me, dat kan ik nu niet doen.' } }));
      const words = wordsAt(0, 'en', folder);
      expect(words.in('nl')(neutral)).toBe('Het spijt me, dat kan ik nu niet doen.');
      expect(words.in('nl')('verdict.refused')).toBe('REFUSED');
      expect(words.in('xx')(neutral)).toBe(words(neutral));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
