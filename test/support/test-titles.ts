/**
 * The titles of all tests, read from their sources: what each says it shows. The first line of a session in test/sessions is its
 * title.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { readSources, type Source, walk } from './imports.js';

export interface Title {
  readonly place: string;
  readonly text: string;
}

const TESTS = new Set(['it', 'test', 'describe']);

/** `it('…')`, `describe('…')`, `it.each(…)('…')`: the first argument, if it is a text. */
export function titlesOf(source: Source): readonly Title[] {
  const found: Title[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || !TESTS.has(rootName(node.expression))) return;
    const [title] = node.arguments;
    if (title === undefined) return;
    if (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))
      found.push({ place: source.path, text: title.getText(source.tree) });
  });
  return found;
}

/** `it` of `it`, `it.skipIf(x)`, `it.each(rows)`. */
function rootName(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node))
    return rootName(ts.isTaggedTemplateExpression(node) ? node.tag : node.expression);
  return '';
}

export function allTitles(root: string): readonly Title[] {
  const tests = readSources(root, 'test').filter(({ path: file }) => file.endsWith('.test.ts'));
  const folder = path.join(root, 'test', 'sessions');
  const sessions = readdirSync(folder)
    .filter((name) => name.endsWith('.session'))
    .map((name) => ({ place: `test/sessions/${name}`, text: readFileSync(path.join(folder, name), 'utf8') }));
  return [...tests.flatMap(titlesOf), ...sessions];
}
