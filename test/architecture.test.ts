/** The house reads its own sources: who imports whom, what stands in one place only, and how long things are. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultsOfForm, faultsOfImports, faultsOfWords } from './support/house-rules.js';
import { functionLengths, importCycles, parseSource, readSources } from './support/imports.js';
import { faultsOfLayout, faultsOfLocks, faultsOfWings, wingCycles } from './support/wing-rules.js';

const root = path.dirname(import.meta.dirname);
const sources = readSources(root, 'src');
const linesOf = (text: string): number => text.trimEnd().split('\n').length;

const CAP = { file: 250, medianFile: 100, function: 60, medianFunction: 12 };

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function tooLong(items: readonly { place: string; lines: number }[], cap: number): string[] {
  return items
    .filter(({ lines }) => lines > cap)
    .map(({ place, lines }) => `${place} has ${lines} lines; the cap is ${cap}`);
}

const files = sources.map(({ path: place, text }) => ({ place, lines: linesOf(text) }));
const functions = sources.flatMap((source) =>
  functionLengths(source).map(({ name, line, lines }) => ({ place: `${source.path}:${line} ${name}`, lines })),
);

/** Packages that are loaded at once, with all that these sources import (bin/build.mjs, PACKS). */
function packagesOf(...first: readonly string[]): readonly string[] {
  const loaded = new Set(first);
  for (const place of loaded) {
    const imports = sources.find((source) => source.path === `${place}.ts`)?.imports ?? [];
    for (const { target, typeOnly, lazy } of imports) if (!typeOnly && !lazy) loaded.add(target);
  }
  return [...loaded].filter((name) => !/^(src\/|node:)/.test(name)).sort();
}

describe('the house', () => {
  it('has rooms to check', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(functions.length).toBeGreaterThan(100);
  });

  it('each room imports only what it may', () => {
    expect(sources.flatMap(faultsOfImports)).toEqual([]);
  });

  it('each wing uses only the wings it may, and none leads back to itself', () => {
    expect(sources.flatMap(faultsOfWings)).toEqual([]);
    expect(wingCycles()).toEqual([]);
  });

  it('every file stands in a room, and no wing is overfull', () => {
    expect(faultsOfLayout(sources.map((source) => source.path))).toEqual([]);
  });

  it('nobody casts, keeps or hands back an authority (T14, T15)', () => {
    expect(sources.flatMap(faultsOfLocks)).toEqual([]);
  });

  it('no file imports itself by a detour', () => {
    expect(importCycles(sources).map((cycle) => cycle.join(' → '))).toEqual([]);
  });

  it('process and clock in main only, SQL in store only, no chance, console or default export anywhere', () => {
    expect(sources.flatMap(faultsOfWords)).toEqual([]);
  });

  it('each file says what it is, by its name and its first lines', () => {
    expect(sources.flatMap(faultsOfForm)).toEqual([]);
    const names = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' }).concat(
      readdirSync(path.join(root, 'bin')),
    );
    const said = names.filter((name) => /\.[mc]?[jt]s$/.test(name)).map((name) => parseSource(name, '// \n'));
    expect(said.flatMap(faultsOfForm)).toEqual([]);
  });

  it('no command waits for packages that it does not need', () => {
    expect(packagesOf('src/main')).toEqual([]);
    expect(packagesOf('src/main/files', 'src/main/build-world', 'src/commands/program')).toEqual([
      'chalk',
      'commander',
    ]);
  });

  it('files are short', () => {
    const tools = readdirSync(path.join(root, 'bin')).map((name) => ({
      place: `bin/${name}`,
      lines: linesOf(readFileSync(path.join(root, 'bin', name), 'utf8')),
    }));
    expect(tooLong([...files, ...tools], CAP.file)).toEqual([]);
    expect(median(files.map(({ lines }) => lines))).toBeLessThan(CAP.medianFile);
  });

  it('functions are short', () => {
    expect(tooLong(functions, CAP.function)).toEqual([]);
    expect(median(functions.map(({ lines }) => lines))).toBeLessThanOrEqual(CAP.medianFunction);
  });
});

describe('teeth: the same checks find a bad source', () => {
  const imports = (file: string, text: string) => faultsOfImports(parseSource(`src/${file}`, text)).join('\n');
  const words = (file: string, text: string) => faultsOfWords(parseSource(`src/${file}`, text)).join('\n');

  it.each([
    ['rules/x.ts', "import { openStore } from '../store/store.js';", 'rules may import rules, errors and zod'],
    ['rules/x.ts', "import type { Desk } from '../desk.js';", 'rules may import rules, errors and zod'],
    ['rules/x.ts', "import { readFileSync } from 'node:fs';", 'rules may import rules, errors and zod'],
    ['crypto/x.ts', "import { nearest } from '../rules/nearest.js';", 'crypto may import'],
    ['factors/x.ts', "import { users } from '../store/users.js';", 'factors may import'],
    ['delivery/x.ts', "import type { Command } from '../commands/command.js';", 'delivery may import'],
    ['store/x.ts', "import { render } from '../terminal/render.js';", 'store may import'],
    ['store/x.ts', "import { openVault } from '../crypto/vault.js';", 'store may import'],
    ['procedures/x.ts', "import { sql } from 'kysely';", 'kysely, which stands in store/* only'],
    ['procedures/x.ts', "import { readFileSync } from 'node:fs/promises';", 'procedures may import'],
    ['procedures/x.ts', "import { openDesk } from '../desk.js';", 'procedures may import'],
    ['procedures/x.ts', "import { totp } from '../factors/totp.js';", 'procedures may import'],
    ['procedures/x.ts', "export { users } from '../store/users.js';", 'procedures may import'],
    ['commands/x.ts', "import { openStore } from '../store/store.js';", 'commands may import'],
    ['commands/x.ts', "const { openSmtp } = await import('../delivery/smtp.js');", 'commands may import'],
    ['commands/x.ts', "type Vault = import('../crypto/vault.js').Vault;", 'commands may import'],
    ['commands/x.ts', "import { openPrompts } from '../terminal/prompts.js';", 'load no prompt library'],
    ['pages/x.ts', "import { openStore } from '../store/store.js';", 'pages may import'],
    ['pages/x.ts', "import { command } from '../commands/command.js';", 'pages may import'],
    ['commands/x.ts', "import { Hono } from 'hono';", 'hono, which stands in pages/* only'],
    ['commands/x.ts', "import { main } from '../main.js';", 'commands may import'],
    ['terminal/x.ts', "import type { Desk } from '../desk.js';", 'terminal may import'],
    ['desk.ts', "import { openVault } from './crypto/vault.js';", 'desk holds types only'],
    ['errors.ts', "import { join } from 'node:path';", 'errors imports nothing but types'],
    ['config.ts', "import { readFileSync } from 'node:fs';", 'config is pure'],
    ['commands/verify.ts', "import { Command } from 'commander';", 'commander, which stands in commands/program only'],
    [
      'store/users.ts',
      "import Database from 'better-sqlite3';",
      'better-sqlite3, which stands in store/engines/sqlite only',
    ],
    ['store/engines/sqlite.ts', "import pg from 'pg';", 'pg, which stands in store/engines/postgres only'],
    ['commands/x.ts', "import { Chalk } from 'chalk';", 'chalk, which stands in terminal/* only'],
    ['commands/x.ts', "import input from '@inquirer/input';", '@inquirer, which stands in terminal/* only'],
    ['factors/x.ts', "import { randomBytes } from 'node:crypto';", 'node:crypto, which stands in crypto/* only'],
    ['main.ts', "import argon2 from 'argon2';", 'argon2, which stands in crypto/* only'],
    ['procedures/x.ts', "import { verify } from 'otplib/functional';", 'otplib, which stands in factors/* only'],
    ['procedures/x.ts', "import { createTransport } from 'nodemailer';", 'nodemailer, which stands in delivery/* only'],
    ['rules/x.ts', "import { z } from 'zod';", 'import * as z'],
  ])('%s: %s', (file, text, sentence) => {
    expect(imports(file, text)).toContain(sentence);
  });

  it.each([
    ['rules/x.ts', 'export const at = () => Date.now();', 'reads the clock'],
    ['procedures/x.ts', 'export const at = new Date();', 'reads the clock'],
    ['procedures/x.ts', 'export const at = Date();', 'reads the clock'],
    ['store/x.ts', 'export const at = performance.now();', 'reads the clock'],
    ['crypto/x.ts', 'export const chance = Math.random();', 'Math.random'],
    ['main.ts', 'console.log(1);', 'uses console'],
    ['terminal/x.ts', 'process.stdout.write("x");', 'uses process'],
    ['terminal/x.ts', 'export const { env } = process;', 'uses process'],
    ['terminal/x.ts', 'export const all = { process };', 'uses process'],
    ['main.ts', 'process.exit(1);', 'calls process.exit'],
    ['commands/x.ts', "export const all = 'select id from users';", 'holds SQL'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    ['procedures/x.ts', 'export const one = (t: string) => `delete from users where id = ${t}`;', 'holds SQL'],
    ['rules/x.ts', 'export default 1;', 'exports a default'],
    ['rules/x.ts', 'export default function x() {}', 'exports a default'],
    ['rules/x.ts', 'const x = 1; export { x as default };', 'exports a default'],
  ])('%s: %s', (file, text, sentence) => {
    expect(words(file, text)).toContain(sentence);
  });

  const wings = (file: string, text: string) => faultsOfWings(parseSource(`src/${file}`, text)).join('\n');

  it.each([
    ['procedures/log/x.ts', "import { act } from '../resets/freeze.js';", 'the wing log may use directory'],
    ['procedures/messages/x.ts', "import type { A } from '../codes/a.js';", 'the wing messages may use no other wing'],
    ['procedures/authorise.ts', "import { a } from './resets/a.js';", 'stands beside the wings'],
    ['commands/typing/x.ts', "import { a } from '../log/a.js';", 'the wing typing may use no other wing'],
    ['procedures/new/x.ts', "import { a } from '../log/a.js';", 'the wing new may use no other wing'],
  ])('%s: %s', (file, text, sentence) => {
    expect(wings(file, text)).toContain(sentence);
  });

  it.each([
    ['procedures/x/x.ts', "const by = signed as Authorised<'verify'>;", 'casts to an authority'],
    ['procedures/x/x.ts', 'const by = signed as unknown as ProvenActor;', 'casts to an authority'],
    ['procedures/x/x.ts', "const by = <Acting<'verify'>>made;", 'casts to an authority'],
    ['procedures/x/x.ts', "let by: Authorised<'verify'> | undefined;", 'keeps an authority in a variable'],
    ['procedures/x/x.ts', "interface Waiting { readonly by: Acting<'verify'> }", 'keeps an authority in a property'],
    ['procedures/x/x.ts', "class Kept { by?: AuthorisedOwner<'owner'>; }", 'keeps an authority in a property'],
    ['procedures/x/x.ts', "type Mine = Authorised<'verify'>;", 'gives an authority another name'],
    ['procedures/x/x.ts', "export function get(): Authorised<'verify'> { return x; }", 'hands an authority back'],
    ['procedures/x/x.ts', "const get = async (): Promise<Acting<'verify'>> => x;", 'hands an authority back'],
    ['procedures/x/x.ts', "function keep(acting: Acting<'verify'>) { return acting; }", 'hands an authority back'],
    ['procedures/x/x.ts', "const keep = ({ by }: Acting<'verify'>) => by;", 'hands an authority back'],
    ['procedures/x/x.ts', "import { provenBySignIn } from '../authorise.js';", 'takes an actor as proven'],
    ['commands/x/x.ts', "import { act } from '../../procedures/authorise.js';", 'acts by itself'],
  ])('%s: %s', (file, text, sentence) => {
    expect(faultsOfLocks(parseSource(`src/${file}`, text)).join('\n')).toContain(sentence);
  });

  it('a step that takes an authority for its own time is left alone', () => {
    const step = "export async function use({ by }: Acting<'verify'>, id: string): Promise<void> {}";
    const part = "const one = (acting: Pick<Acting<'verify'>, 'by'> & { id: string }) => acting.by.actor;";
    const inline = "function two(given: { readonly acting: Acting<'verify'> }) {}";
    const text = [step, part, inline].join('\n');
    expect(faultsOfLocks(parseSource('src/procedures/x/x.ts', text))).toEqual([]);
  });

  it('a loose file, an overfull wing and a circle of wings are found', () => {
    const many = Array.from({ length: 21 }, (_, n) => `src/procedures/log/f${n}.ts`);
    expect(faultsOfLayout(['src/loose.ts', 'src/procedures/loose.ts', ...many])).toHaveLength(3);
    expect(wingCycles({ a: ['b'], b: ['a'] })).toEqual(['a → b → a', 'b → a → b']);
  });

  it('a cycle is found, also through types', () => {
    const cycle = [
      parseSource('src/rules/a.ts', "import { b } from './b.js';"),
      parseSource('src/rules/b.ts', "import type { C } from './c.js';"),
      parseSource('src/rules/c.ts', "import { a } from './a.js';"),
    ];
    expect(importCycles(cycle)).toEqual([['src/rules/a', 'src/rules/b', 'src/rules/c', 'src/rules/a']]);
  });

  it('lengths and names are found', () => {
    const body = `function f() {\n${'  one();\n'.repeat(70)}}\n`;
    expect(functionLengths(parseSource('src/rules/a.ts', body))).toEqual([{ name: 'f', line: 1, lines: 72 }]);
    expect(faultsOfForm(parseSource('src/store/user-service.ts', 'export const x = 1;')).join('\n')).toMatch(
      /"service".*\n.*begins without a comment/,
    );
  });

  it('what looks similar is left alone', () => {
    const good = [
      "import type * as z from 'zod';",
      'export const at = new Date(0); export const own = { process: 1, console: 2 };',
      'export const said = own.process; interface X { now: number }',
      "export const text = 'Select a caller.';",
    ].join('\n');
    expect(words('rules/x.ts', good)).toBe('');
    expect(imports('rules/x.ts', good)).toBe('');
    expect(imports('commands/x.ts', "import type { Prompts } from '../terminal/prompts.js';")).toBe('');
  });
});
