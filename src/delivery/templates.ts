/**
 * The texts of messages, in data/messages/<language>/<name>.txt, so that they can change without code:
 *
 *   Subject: Your code for {login}
 *
 *   Hello {name}, …
 *
 * The first line is the subject, then comes an empty line, then the body. `{word}` is filled in; there is no other syntax, and a
 * single brace is a fault. Values are put on one line, cut to a length, cleared of invisible characters, and never searched for
 * placeholders. So no name in a directory can add a line to a message of the desk.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, Refusal, type Worded } from '../errors.js';
import type { MessageKind } from './channel.js';
import { singleLine } from './mail.js';
import placeholders from './placeholders.json' with { type: 'json' };

export interface MessageShape {
  readonly kind: MessageKind;
  readonly placeholders: readonly string[];
}

export type Messages = Readonly<Record<string, MessageShape>>;

/** A code to sign in with. Each factor that sends codes has its own text, as an e-mail or as an SMS. */
const LOGIN_CODE = {
  email: { kind: 'email', placeholders: ['deskName', 'name', 'login', 'account', 'code', 'minutes'] },
  phone: { kind: 'sms', placeholders: ['deskName', 'login', 'code', 'minutes'] },
} as const satisfies Messages;

/** A message with a factor's code, and the contact that it goes to. */
export interface CodeMessage {
  readonly name: string;
  readonly contact: keyof typeof LOGIN_CODE;
}

const email = (words: readonly string[]): MessageShape => ({ kind: 'email', placeholders: words });

/**
 * Every message that the desk can send, with the placeholders that its text must use (placeholders.json). That list connects
 * the texts with the procedures. A file that uses another set of placeholders does not load.
 *
 * Meaning of the placeholders: `deskName` the desk; `name`, `login`, `account` the recipient and their company; `who` did it;
 * `requestedBy` asked for it on the phone; `target` the person it happened to, if that is not the recipient;
 * `role`, `before`, `scopes`, `state`, `signIn`, `edition`, `what`, `change` what was changed; `pages` where our pages are (a paragraph with it is left out
 * where there are none); `when`, `until`, `from` times as text, with the zone; `reference` the id to quote in an objection.
 */
export const messagesWith = (codes: readonly CodeMessage[]): Messages => ({
  ...Object.fromEntries(Object.entries(placeholders).map(([name, words]) => [name, email(words)])),
  ...Object.fromEntries(codes.map(({ name, contact }) => [name, LOGIN_CODE[contact]])),
  ...Object.fromEntries(Object.entries(LOGIN_CODE).map(([contact, shape]) => [`contact-code-${contact}`, shape])),
});

export interface Template extends MessageShape {
  readonly name: string;
  readonly subject: string;
  readonly body: string;
}

/** The lines of a body are at most this long, so that no mail program breaks them elsewhere (RFC 5322, 2.1.1). */
export const MAX_COLUMNS = 78;
/** One SMS of the GSM alphabet. */
export const MAX_SMS = 160;
/** Longer than any name, login or code in use, but too short to hide a whole message in a name. */
const MAX_VALUE = 120;

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/**
 * Reads one file. `text` is its content, `name` its name without folder and ending.
 * Throws Refusal `config` with every fault and its line: shape, length, placeholders other than `messages` lists.
 */
export function readTemplate(text: string, name: string, messages: Messages): Template {
  const lines = text
    .replace(/^\u{FEFF}/u, '')
    .replace(/\s+$/, '')
    .split(/\r?\n/);
  const [first = '', second, ...rest] = lines;
  const problems: Problem[] = [];
  const shape = Object.hasOwn(messages, name) ? messages[name] : undefined;
  if (shape === undefined)
    throw broken(name, [{ message: `there is no message with the name ${singleLine(name, 60)}` }]);
  const subject = /^Subject: (\S.*)$/.exec(first)?.[1] ?? '';
  if (subject === '') problems.push({ line: 1, message: 'the first line must be "Subject: …"' });
  if (second !== '') problems.push({ line: 2, message: 'the second line must be empty' });
  const body = rest.join('\n');
  if (body.trim() === '') problems.push({ line: 3, message: 'there is no text' });
  const { kind, placeholders } = shape;
  problems.push(...faultsOfLines(lines), ...faultsOfPlaceholders(`${subject}\n${body}`, placeholders));
  if (kind === 'sms' && [...body].length > MAX_SMS)
    problems.push({ message: `an SMS has at most ${MAX_SMS} characters` });
  if (problems.length > 0) throw broken(name, problems);
  return { name, ...shape, subject, body };
}

function broken(name: string, problems: readonly Problem[]): Refusal {
  return new Refusal('config', `the message text ${singleLine(name, 60)} cannot be used`, { problems });
}

function faultsOfLines(lines: readonly string[]): Problem[] {
  return lines.flatMap((content, index) => {
    const line = index + 1;
    const faults: Problem[] = [];
    if ([...content].length > MAX_COLUMNS) faults.push({ line, message: `longer than ${MAX_COLUMNS} characters` });
    if (singleLine(content) !== content.trim())
      faults.push({ line, message: 'contains a control or invisible character' });
    if (/[{}]/.test(content.replace(PLACEHOLDER, ''))) faults.push({ line, message: 'contains a single brace' });
    return faults;
  });
}

function faultsOfPlaceholders(text: string, listed: readonly string[]): Problem[] {
  const used = new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));
  const unknown = [...used].filter((word) => !listed.includes(word));
  const missing = listed.filter((word) => !used.has(word));
  return [
    ...unknown.map((word) => ({ message: `{${word}} is not filled in for this message` })),
    ...missing.map((word) => ({ message: `{${word}} is missing` })),
  ];
}

/**
 * Subject and body with the values filled in. Throws (a bug) if a value is missing, empty or unknown, so that the desk never sends a notice
 * with a gap in it.
 */
export function fill(template: Template, values: Readonly<Record<string, string>>): { subject: string; body: string } {
  const listed = template.placeholders;
  const unknown = Object.keys(values).filter((word) => !listed.includes(word));
  if (unknown.length > 0) throw new TypeError(`${template.name} has no place for ${unknown.join(', ')}`);
  const cleaned = new Map(listed.map((word) => [word, cleanValue(template, values, word)]));
  const put = (text: string) => text.replace(PLACEHOLDER, (_, word: string) => cleaned.get(word) ?? '');
  return { subject: put(template.subject), body: put(template.body) };
}

function cleanValue(template: Template, values: Readonly<Record<string, string>>, word: string): string {
  const value = Object.hasOwn(values, word) ? values[word] : undefined;
  const clean = typeof value === 'string' ? singleLine(value, MAX_VALUE) : '';
  if (clean === '') throw new TypeError(`${template.name} needs a value for ${word}`);
  return clean;
}

/** Fills in the texts of messages. Each text is read once, because a bulk run uses a few texts thousands of times. */
export type Compose = (
  template: string,
  values: Readonly<Record<string, Worded>>,
  language?: string | null,
) => { readonly kind: MessageKind; readonly subject: string; readonly body: string };

/** `folder` has a folder for each language; `codes` are the texts with a factor's code. A missing or unknown value is a bug, and throws. */
export function openComposer(
  folder: string,
  desk: {
    readonly name: string;
    readonly language: string;
    readonly languages: readonly string[];
    /** Where the customers' pages are; null for none. */
    readonly pagesUrl: string | null;
  },
  codes: readonly CodeMessage[],
): Compose {
  const messages = messagesWith(codes);
  const templates = new Map<string, Template>();
  const ours = ({ placeholders }: Template) => ({
    deskName: desk.name,
    ...(placeholders.includes('pages') && desk.pagesUrl !== null ? { pages: desk.pagesUrl } : {}),
  });
  const inWords = termsOf(folder);
  return (name, values, wished) => {
    const language = wished != null && desk.languages.includes(wished) ? wished : desk.language;
    const path = join(language, `${name}.txt`);
    const read = () => readTemplate(readFileSync(join(folder, path), 'utf8'), name, messages);
    const template = templates.get(path) ?? (desk.pagesUrl === null ? withoutPages(read()) : read());
    templates.set(path, template);
    const said = Object.entries(values).map(([word, value]) => [word, inWords(value, language)] as const);
    return { kind: template.kind, ...fill(template, { ...Object.fromEntries(said), ...ours(template) }) };
  };
}

type Terms = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Says values in the words of a language; in English what it lacks, and as it is what no language has. */
function termsOf(folder: string): (value: Worded, language: string) => string {
  const known = new Map<string, Terms>();
  const read = (language: string): Terms => {
    const file = join(folder, language, 'terms.json');
    const terms = known.get(language) ?? (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
    known.set(language, terms);
    return terms;
  };
  const said = (value: Worded, language: string): string => {
    if (typeof value === 'string') return value;
    const [set, key, ...named] = value;
    const words = named.map((one) => said(one, language));
    if (set === 'list') return words.join(key);
    const term = read(language)[set]?.[key] ?? read('en')[set]?.[key] ?? key;
    return term.replaceAll(/\{(\d)\}/g, (_, place: string) => words[Number(place)] ?? '');
  };
  return said;
}

const withoutPages = (template: Template): Template => ({
  ...template,
  placeholders: template.placeholders.filter((word) => word !== 'pages'),
  body: template.body
    .split('\n\n')
    .filter((paragraph) => !paragraph.includes('{pages}'))
    .join('\n\n'),
});
