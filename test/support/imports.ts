/**
 * Reads TypeScript sources with the compiler's own parser: what each file imports and how, the import cycles, and the functions
 * with their lengths. It contains no rules; those are in house-rules.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Source {
  /** Path from the project's root with forward slashes: `src/rules/scope.ts`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from the project's root without ending (`src/rules/scope`) or a package (`zod`, `node:fs`). */
  readonly target: string;
  /** Only types are imported, so nothing of it is loaded. */
  readonly typeOnly: boolean;
  /** `import * as name`. */
  readonly namespace: boolean;
  /** Loaded only when this line runs: `import('…')`. */
  readonly lazy: boolean;
  readonly line: number;
}

/** Parsing takes seconds, and several tests of a process ask for the same. */
const read = new Map<string, readonly Source[]>();

/** All .ts files under a folder of the project, as they were at the first call. */
export function readSources(root: string, folder: string): readonly Source[] {
  const place = path.join(root, folder);
  const known = read.get(place) ?? parseAll(root, place);
  read.set(place, known);
  return known;
}

function parseAll(root: string, place: string): readonly Source[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => parseSource(path.relative(root, file).split(path.sep).join('/'), readFileSync(file, 'utf8')))
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** Parsed when first asked: whoever wants the text alone does not wait. */
export function parseSource(file: string, text: string): Source {
  let tree: ts.SourceFile | undefined;
  let imports: readonly Import[] | undefined;
  return {
    path: file,
    text,
    get tree() {
      tree ??= ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      return tree;
    },
    get imports() {
      imports ??= importsOf(file, this.tree);
      return imports;
    },
  };
}

function importsOf(file: string, tree: ts.SourceFile): readonly Import[] {
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = importOf(node);
    if (found === undefined) return;
    const target = found.specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), found.specifier).replace(/\.[jt]s$/, '')
      : found.specifier;
    imports.push({ ...found.how, target, line: lineOf(tree, node) });
  });
  return imports;
}

function importOf(node: ts.Node): { specifier: string; how: Omit<Import, 'target' | 'line'> } | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const bindings = node.importClause?.namedBindings;
    return {
      specifier: node.moduleSpecifier.text,
      how: {
        typeOnly: isTypeOnly(node.importClause),
        namespace: bindings !== undefined && ts.isNamespaceImport(bindings),
        lazy: false,
      },
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return {
      specifier: node.moduleSpecifier.text,
      how: { typeOnly: node.isTypeOnly, namespace: false, lazy: false },
    };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    const specifier = argument !== undefined && ts.isStringLiteral(argument) ? argument.text : '(computed)';
    return { specifier, how: { typeOnly: false, namespace: true, lazy: true } };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, how: { typeOnly: true, namespace: true, lazy: false } };
  }
  return undefined;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

/** Cycles of imports, each as the files on it, the first one repeated at the end. Types count: they couple too. */
export function importCycles(sources: readonly Source[]): string[][] {
  const next = new Map(
    sources.map((source) => [withoutEnding(source.path), source.imports.map((found) => found.target)]),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at !== -1) {
      cycles.push([...trail.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) if (next.has(target)) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}

export interface FunctionLength {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** Every function, method and arrow function with a block; an arrow that is one expression does not count. */
export function functionLengths(source: Source): FunctionLength[] {
  const found: FunctionLength[] = [];
  walk(source.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined || !ts.isBlock(node.body)) return;
    const first = lineOf(source.tree, node);
    const last = source.tree.getLineAndCharacterOfPosition(node.end).line + 1;
    found.push({ name: node.name?.getText(source.tree) ?? '(anonymous)', line: first, lines: last - first + 1 });
  });
  return found;
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

export const withoutEnding = (file: string): string => file.replace(/\.ts$/, '');
