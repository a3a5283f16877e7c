/** What the sources say to people: which keys of screens they use with which facts, and which sentences stand in the code itself. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { walk } from './imports.js';

export interface Said {
  readonly key: string;
  /** Names of the facts; undefined where they are not written there. */
  readonly facts: readonly string[] | undefined;
  readonly place: string;
}

const parse = (file: string, text: string) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

export const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));

/** Each text that is a key, or the beginning of one that a template ends (`bulk.outcome-${outcome}`), with the facts beside it. */
export function saidIn(root: string, keys: ReadonlySet<string>): readonly Said[] {
  const found: Said[] = [];
  for (const file of sourcesIn(path.join(root, 'src'))) {
    walk(parse(file, readFileSync(file, 'utf8')), (node) => {
      const text = ts.isStringLiteralLike(node)
        ? node.text
        : ts.isTemplateExpression(node)
          ? node.head.text
          : undefined;
      if (text === undefined || !/^[a-z]+\.[\w-]*$/u.test(text)) return;
      const template = ts.isTemplateExpression(node);
      const meant = template ? [...keys].filter((key) => key.startsWith(text)) : [text].filter((key) => keys.has(key));
      for (const key of meant) found.push({ key, facts: template ? undefined : factsBeside(node), place: file });
    });
  }
  return found;
}

/** Of `words(key, { … })`, also where one of two keys is chosen. */
function factsBeside(node: ts.Node): readonly string[] | undefined {
  let asked: ts.Node = node;
  while (ts.isConditionalExpression(asked.parent)) asked = asked.parent;
  const call = asked.parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== asked) return undefined;
  const facts = call.arguments[1];
  if (facts === undefined) return [];
  if (!ts.isObjectLiteralExpression(facts) || facts.properties.some((one) => ts.isSpreadAssignment(one)))
    return undefined;
  return facts.properties.map((one) => one.name?.getText() ?? '');
}

const SHOWN = /^(?:message|name|hint)$/u;

/** Sentences in the code that a person would read: in a block of a view, a question, a notice or a refusal. Commands to type are none. */
export function sentencesIn(file: string, text: string): readonly string[] {
  const wrong: string[] = [];
  const source = parse(file, text);
  const words = (inside: ts.Node) =>
    walk(inside, (node) => {
      if (!ts.isStringLiteralLike(node) && !ts.isTemplateHead(node) && !ts.isTemplateMiddleOrTemplateTail(node)) return;
      const key =
        ts.isStringLiteralLike(node) && /^[\w-]+(?:\.[\w-]+)*$/u.test(node.text) && !/^[A-Z][a-z]+$/u.test(node.text);
      if (
        key ||
        !/[a-z]{3}/iu.test(
          node.text.replace(/countersign.*|^[a-z]+\.[\w-]*$|^[<[].*[>\]]$|^\/[A-Z]+| --[a-z]+(?: [A-Z]+)?/gu, ''),
        )
      )
        return;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      wrong.push(`${path.basename(file)}:${line + 1}: ${node.text}`);
    });
  walk(source, (node) => {
    if (ts.isCallExpression(node) && /^(?:block\.\w+|context\.notice)$/u.test(node.expression.getText()))
      for (const argument of node.arguments) words(argument);
    if (ts.isNewExpression(node) && node.expression.getText() === 'Refusal')
      for (const argument of node.arguments?.slice(1, 2) ?? []) words(argument);
    if (ts.isPropertyAssignment(node) && SHOWN.test(node.name.getText())) words(node.initializer);
  });
  return wrong;
}
