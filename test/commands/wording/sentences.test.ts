/** Sentences that the code has in English because JSON has them so: each is said in every other language, and none is left over (B98). */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import cells from '../../../src/rules/damaged-cells.json' with { type: 'json' };
import meanings from '../../../src/store/engines/postgres-errors.json' with { type: 'json' };
import { walk } from '../../support/imports.js';
import { sourcesIn } from '../../support/screen-checks.js';
import { repositoryRoot, START } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';

const FOLDER = join(repositoryRoot, 'data/messages');
const sentencesOf = (language: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(FOLDER, language, 'sentences.json'), 'utf8'));
const GERMAN = wordsAt(START, 'de');
const source = (name: string) => join(repositoryRoot, 'src', name);

/** A text of the code, with something in its holes; undefined for what is no text. */
function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `7${literal.text}`).join('');
}

const treeOf = (file: string) =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true) as ts.Node;

/** Message and hint of each refusal that has its words already. */
function refusalsIn(file: string): readonly string[] {
  const found: (string | undefined)[] = [];
  walk(treeOf(file), (node) => {
    if (!ts.isNewExpression(node) || node.expression.getText() !== 'Refusal') return;
    found.push(textOf(node.arguments?.[1]));
    walk(node, (inside) => {
      if (ts.isPropertyAssignment(inside) && inside.name.getText() === 'hint') found.push(textOf(inside.initializer));
    });
  });
  return found.filter((text) => text !== undefined);
}

/** Everything in a file that reads like a sentence. */
function sentencesIn(file: string): readonly string[] {
  const found: string[] = [];
  walk(treeOf(file), (node) => {
    const text = ts.isImportDeclaration(node.parent ?? node) ? undefined : textOf(node);
    if (text !== undefined && /[a-z]{2,} [a-z(]/iu.test(text)) found.push(text);
  });
  return found;
}

/** Made of parts when it is said; examples of each follow below. */
const IN_PARTS = [
  ...[
    'the key command 7',
    '[pages]: 7',
    'the config file 7 is not valid TOML7',
    '7; 7',
    'a stored hash 7',
    '7 cannot be read7',
  ],
  ...[
    'the sealed value 7 7',
    '7 is too old',
    'other users can 7 7 (mode 7)',
    '7 refuses its proxy',
    '7 does not answer: 7',
  ],
  ...['7 opens older backups, and lies there since 7', '7 says 7, the log of the desk goes up to 7', 'write to'],
  ...['7; codes fail and locks do not expire', '7; nothing can be written', 'nothing is called here'],
  ...['unless damaged values are accepted', '7, so no new row is made 7', '7, so the one on file is kept 7'],
  ...['7, so it is left out 7', 'there is no 7 "7"7; one of: 7', 'there is no scope "7"7', 'holds everything already'],
  ...['holds no scopes', 'a 7 7; leave the scopes out', 'is not a known column7', 'is missing from the header7'],
  ...[
    '; may be left out: 7',
    '; did you mean 7?',
    'one row',
    'the table 7 has 7 too many',
    'the table 7 has 7 too few',
  ],
  'the receiver of events refused it7',
  'is 7 without its leading zeros, so no new row is made 7',
];
const EXAMPLES = [
  ...[
    'the key command did not print a key',
    'the config file a.toml is not valid TOML, line 3: x',
    '[pages]: tlsCert and tlsKey go together.',
  ],
  ...[
    'the store did not confirm; this change was not made',
    'a stored hash is malformed',
    'a.csv cannot be read (ENOENT)',
  ],
  ...[
    'the sealed value a.b of c opens, but is not text',
    'v18.0.0 is too old',
    'other users can write to /a (mode 777)',
  ],
  ...[
    'https://a.example refuses its proxy',
    'https://a.example does not answer: x',
    '/a opens older backups, and lies there since 1 day',
  ],
  "this machine's clock says 1, the log of the desk goes up to 2; codes fail and locks do not expire",
  "the database server's clock says 1, the log of the desk goes up to 2; nothing can be written",
  'is a date, so no new row is made unless damaged values are accepted',
  'is 007 without its leading zeros, so no new row is made unless damaged values are accepted',
  'is a date, so it is left out unless damaged values are accepted',
  ...[
    'there is no edition "x" (y?); one of: z',
    'there is no role "x"; one of: z',
    'there is no sign-in "x"; one of: z',
  ],
  ...[
    'there is no scope "x" (y?)',
    'a admin holds everything already; leave the scopes out',
    'is not a known column; did you mean login?',
  ],
  ...[
    'is missing from the header: a or b',
    'Columns: a, b; may be left out: c.',
    'the table users has one row too many',
  ],
  ...['the table users has 2 rows too few', 'email by smtp; sms, webhook as files in /a', 'is a date (users file)'],
  ...['2 wrong phrases at this desk within an hour, 14:05', 'Cancelled by Ctrl-C.', '--limit: must be a whole number'],
  ...['mail server: no answer in time', 'webhook: no answer in time', 'the receiver of events: no answer in time'],
  'the mail server answered 535 to the login',
  'SMS gateway: the connection failed (ECONNREFUSED)',
  'the mail password file could not be read',
  "the receiver of events's host was not found",
  'the syslog server accepted nothing (ECONNREFUSED)',
  'warning: cannot send the log to syslog udp://a: the syslog server: no answer in time; it will be sent later (entries that wait: 1)',
  'warning: the desk has not accepted the policy in force (see: countersign policy accept)',
];

const isNew = (text: string): boolean =>
  GERMAN.known(text) === text && !IN_PARTS.includes(text) && !/^(?:countersign [a-z]|npm rebuild$)/u.test(text);

describe('sentences that stand in the code', () => {
  it('each is known as itself, not as another with wider holes', () => {
    const filled = (text: string, part: string) =>
      text.replace(/\{(\w)\}/g, (_hole, name: string) => (/\d/.test(name) ? `X${name}` : part));
    const wrong = Object.entries(sentencesOf('de')).filter(
      ([english, own]) => GERMAN.known(filled(english, 'Store')) !== filled(own, 'Datenspeicher'),
    );
    expect(wrong).toEqual([]);
  });

  it('a long text of others is not matched at all, however it is made', () => {
    const long = '"x" says '.repeat(20_000);
    expect(GERMAN.known(long)).toBe(long);
  });

  it('the English ones are their own keys, and each stands in the code or is one of zod or commander', () => {
    const code = ['src', 'data/demo', 'data/words/spelling']
      .flatMap((folder) =>
        readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(repositoryRoot, folder, name),
        ),
      )
      .filter((name) => /\.(?:ts|json)$/u.test(name))
      .map((name) => readFileSync(name, 'utf8').replaceAll('\\', ''))
      .join('\n');
    const english = sentencesOf('en');
    expect(Object.entries(english).filter(([key, text]) => key !== text)).toEqual([]);
    const theirs = /^(?:Invalid|Too small|Too big|unknown|missing required|option|too many)/u;
    const wordsIn = (key: string) => key.replaceAll(/\{\w\}/gu, ' ').match(/\p{L}{4,}/gu) ?? [];
    const gone = Object.keys(english).filter(
      (key) => !theirs.test(key) && wordsIn(key).some((word) => !code.includes(word)),
    );
    expect(gone).toEqual([]);
  });

  it.each(readdirSync(FOLDER))('%s has each of them, with the same holes', (language) => {
    const holes = (text: string) => [...new Set(text.match(/\{\w\}/gu))].toSorted();
    const own = Object.entries(sentencesOf(language));
    expect(own.map(([key]) => key)).toEqual(Object.keys(sentencesOf('en')));
    expect(own.filter(([key, text]) => text.trim() === '' || `${holes(key)}` !== `${holes(text)}`)).toEqual([]);
  });

  it('what stays in a hole is kept, and a sentence in a sentence is said too', () => {
    const known = GERMAN.known;
    expect(known('is a date, so the one on file is kept unless damaged values are accepted')).toBe(
      'ist ein Datum; der hinterlegte Wert bleibt, außer mit --accept-damaged',
    );
    expect(known('there is no role "is a date"; one of: admin, user')).toBe(
      'es gibt keine Rolle „is a date“; möglich: admin, user',
    );
    expect(known('Create one with: countersign init   (or name another store with --store)')).toBe(
      'Legen Sie einen an mit: countersign init   (oder nennen Sie mit --store einen anderen)',
    );
    expect(known('constructor')).toBe('constructor');
    expect(wordsAt(START, 'en').known('is a date')).toBe('is a date');
    expect(wordsAt(START, 'xx').known('is a date')).toBe('is a date');
  });

  it('what is made of parts', () => {
    expect(
      EXAMPLES.filter((text) => GERMAN.known(text) === text || / (?:the|is|has|was) /u.test(GERMAN.known(text))),
    ).toEqual([]);
  });

  it('every refusal of store, key, settings and typing', () => {
    const rooms = ['opening', 'store', 'custody', 'crypto', 'main', 'delivery', 'connectors', 'factors', 'terminal'];
    const files = [...rooms, 'commands/typing'].flatMap((room) => sourcesIn(source(room)));
    const all = [...files, source('main.ts'), source('commands/report-outcome.ts')].flatMap((file) =>
      refusalsIn(file)
        .filter(isNew)
        .map((text) => `${basename(file)}: ${text}`),
    );
    expect(all).toEqual([]);
  });

  it('every error of PostgreSQL', () => {
    const said = meanings.flatMap(({ what, next }) => [what.replace(/\b[CPT]\b/g, '7'), next ?? 'busy']);
    expect(said.filter((text) => text !== 'busy').filter(isNew)).toEqual([]);
  });

  it('every finding of doctor', () => {
    expect(sourcesIn(source('custody/doctor')).flatMap(sentencesIn).filter(isNew)).toEqual([]);
  });

  it('every reason why a message or the log was not delivered', () => {
    const said: (string | undefined)[] = [];
    for (const file of sourcesIn(source('delivery')))
      walk(treeOf(file), (node) => {
        const called =
          ts.isCallExpression(node) && /^(?:temporary|permanent|systemWhy)$/.test(node.expression.getText());
        if (called) said.push(textOf(node.arguments[0]));
        // With the code of the system.
        if (called && node.expression.getText() === 'systemWhy') said.push(`${textOf(node.arguments[0])} (7)`);
        if (ts.isPropertyAssignment(node) && node.name.getText() === 'why') said.push(textOf(node.initializer));
      });
    // What only joins two others has no words of its own.
    const sentences = said.filter((text) => text !== undefined).filter((text) => /\p{L}/u.test(text));
    expect(sentences.length).toBeGreaterThan(15);
    expect(sentences.filter(isNew)).toEqual([]);
  });

  it('every fault of a row and of a passphrase', () => {
    const files = [
      'damaged-values',
      'directory-fields',
      'directory-rows',
      'directory-import',
      'csv-table',
      'csv-extent',
      'passphrase',
      'table-fault',
    ];
    const all = [
      ...files.map((name) => `rules/${name}.ts`),
      'procedures/imports/plan-import.ts',
      'procedures/directory/read-csv.ts',
    ];
    expect(all.flatMap((name) => sentencesIn(source(name))).filter(isNew)).toEqual([]);
    expect(cells.damages.map(({ why }) => why).filter(isNew)).toEqual([]);
  });
});
