/** Looking for secrets where they must not be: every form in which one could be written down, in every place that was kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { spokenForms } from '../../src/rules/spoken-form.js';
import { onServer } from '../support/postgres.js';

export interface Canary {
  readonly name: string;
  readonly secret: string;
  /** Places where it is by design: the answer of the command that makes it, the file that keeps it. */
  readonly allowed: RegExp;
}

export interface Evidence {
  readonly where: string;
  readonly bytes: Buffer;
}

export const NOWHERE = /^$/;

/** As written, folded as heard, and in the encodings of files, databases, URLs and memory dumps. Forms that are the same bytes are one. */
export function formsOf(secret: string): ReadonlyMap<string, Buffer> {
  const forms = new Map<string, Buffer>();
  const known = new Set<string>();
  const add = (name: string, bytes: Buffer): void => {
    const text = bytes.toString('latin1');
    if (known.has(text)) return;
    known.add(text);
    forms.set(name, bytes);
  };
  const texts = new Map<string, string>([
    ['as it is', secret],
    ['decomposed', secret.normalize('NFD')],
    ['in lower case', secret.toLowerCase()],
    ['without accents', secret.normalize('NFD').replace(/\p{M}/gu, '')],
    ['in lower case without accents', secret.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    [
      'in ASCII JSON',
      secret.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['in a URL', encodeURIComponent(secret)],
    ...spokenForms(secret).map((form, at) => [`as heard, ${at + 1}`, form] as const),
  ]);
  for (const [name, text] of texts) {
    if (text.length < 8) continue;
    const bytes = Buffer.from(text);
    add(name, bytes);
    add(`${name}, hex`, Buffer.from(bytes.toString('hex')));
    add(`${name}, UTF-16`, Buffer.from(text, 'utf16le'));
    // Base64 of a longer text that holds it, at each of the three places where it can begin; the ends depend on the neighbours.
    for (const before of [0, 1, 2]) {
      const encoded = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const inside = encoded.slice(before === 0 ? 0 : 4, encoded.length - 2);
      add(`${name}, base64 ${before}`, Buffer.from(inside));
      add(`${name}, base64url ${before}`, Buffer.from(inside.replaceAll('+', '-').replaceAll('/', '_')));
    }
  }
  return forms;
}

export interface Sighting {
  readonly canary: Canary;
  readonly form: string;
  readonly where: string;
}

/** Every canary in every place, also where it may be. Upper-case hex and the like are found too. */
export function sightings(canaries: readonly Canary[], evidence: readonly Evidence[]): readonly Sighting[] {
  const found: Sighting[] = [];
  for (const canary of canaries) {
    const forms = [...formsOf(canary.secret)];
    for (const { where, bytes } of evidence)
      for (const [form, needle] of forms) if (bytes.includes(needle)) found.push({ canary, form, where });
  }
  return found;
}

/** One line for each that is where it is not allowed. */
export const notAllowed = (seen: readonly Sighting[]): readonly string[] =>
  seen.filter(({ canary, where }) => !canary.allowed.test(where)).map(lineOf);

export const lineOf = ({ canary, form, where }: Sighting): string => `${canary.name}, ${form}, in ${where}`;

/** Every file under a folder. */
export function filesUnder(folder: string): readonly Evidence[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: `file ${relative(folder, path)}`, bytes: readFileSync(path) }));
}

/** Every row of every table of a PostgreSQL database, as text. */
export async function tablesOf(url: string): Promise<readonly Evidence[]> {
  return onServer(url, async (client) => {
    const tables = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    const dumps: Evidence[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from "${name}" as t`);
      dumps.push({ where: `table ${name}`, bytes: Buffer.from(rows.map(({ row }) => row).join('\n')) });
    }
    return dumps;
  });
}
