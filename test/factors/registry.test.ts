/** The list of factor kinds, and the contract suite over each of them. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.js';
import { factorKind, factorKinds } from '../../src/factors/registry.js';
import { lineOf, parseSource, readSources, type Source, walk } from '../support/imports.js';
import { repositoryRoot } from '../support/test-desk.js';
import { factorContract } from './contract.js';

for (const kind of factorKinds) factorContract(kind);

const ids = factorKinds.map((kind) => kind.id);

describe('factor kinds', () => {
  it('e-mail, SMS and the authenticator app are among them (B31), the backup codes are not (B34)', () => {
    expect(ids).toEqual(expect.arrayContaining(['email', 'sms', 'totp']));
    expect(ids).not.toContain('backup');
  });

  it('have ids and titles of their own, and are found by id', () => {
    expect(new Set(factorKinds.map((kind) => kind.title)).size).toBe(factorKinds.length);
    for (const kind of factorKinds) expect(factorKind(kind.id)).toBe(kind);
  });

  it('load otplib only when a code is made or checked, so that start-up does not pay for it', () => {
    const imports = readSources(repositoryRoot, 'src/factors').flatMap((source) => source.imports);
    const loaded = imports.filter(({ target, typeOnly }) => /^@?otplib\b/.test(target) && !typeOnly);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.filter(({ lazy }) => !lazy)).toEqual([]);
  });

  it('answer an unknown id with a refusal that names the choices and does not repeat what was typed', () => {
    for (const id of ['', 'backup', 'TOTP', 'constructor', '__proto__', '\u202epush']) {
      const error = caught(() => factorKind(id));
      if (!isRefusal(error)) throw new Error('not a refusal');
      expect(error.code).toBe('invalid-input');
      expect(error.hint).toBe(`Choose one of: ${ids.join(', ')}.`);
      expect(error.message).toBe('there is no second factor with that name');
    }
  });
});

describe('the registry is the only list of factor kinds', () => {
  it('no other source names the app and another kind side by side', () => {
    const sources = readSources(repositoryRoot, 'src').filter(({ path }) => !path.startsWith('src/factors/'));
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap(listsOf)).toEqual([]);
  });

  it.each([
    "const KINDS = ['totp', 'email'] as const;",
    "type Kind = 'totp' | 'sms';",
    "const NAMES = { totp: 'App', email: 'E-mail' };",
    "const about = 'one of totp, email or sms';",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    'const hint = `add totp ${who}   (or email)`;',
  ])('teeth: %s', (text) => {
    expect(listsOf(parseSource('src/commands/x.ts', text))).toHaveLength(1);
  });
});

/** Places that name the authenticator app and another kind: a list, a type, a table, or a text for people. */
function listsOf({ path, tree }: Source): readonly string[] {
  const places: string[] = [];
  walk(tree, (node) => {
    const names = namesIn(node).filter((name) => (ids as readonly string[]).includes(name));
    if (names.includes('totp') && names.length > 1) places.push(`${path}:${lineOf(tree, node)}`);
  });
  return places;
}

function namesIn(node: ts.Node): readonly string[] {
  if (ts.isTemplateExpression(node)) return wordsOf(node.getText());
  if (ts.isStringLiteralLike(node)) return wordsOf(node.text);
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(literal);
  if (ts.isUnionTypeNode(node))
    return node.types.map((type) => (ts.isLiteralTypeNode(type) ? literal(type.literal) : ''));
  if (ts.isObjectLiteralExpression(node)) return node.properties.map(({ name }) => name?.getText() ?? '');
  return [];
}

const wordsOf = (text: string): readonly string[] => [...new Set(text.split(/\W+/))];
const literal = (node: ts.Node): string => (ts.isStringLiteral(node) ? node.text : '');

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
