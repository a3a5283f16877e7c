/**
 * What the types of a catalogue in JSON cannot say: does each refusal in the sources give what its sentences name? Reads the sources with
 * the compiler's own types, so it also sees through a wrapper whose parameters are a Reason or a Step and Facts.
 */
import path from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import ts from 'typescript';
import { walk } from './imports.js';

/** What a message names: how, and for a `select` which words it knows. */
export interface Named {
  readonly name: string;
  readonly how: 'text' | 'number' | 'date' | 'time' | 'select' | 'plural' | 'tag';
  readonly options: readonly string[];
  /** Of a number or a moment: `wait`. */
  readonly style: string;
}

const HOW = { 1: 'text', 2: 'number', 3: 'date', 4: 'time', 5: 'select', 6: 'plural', 8: 'tag' } as const;

interface Element {
  readonly type: number;
  readonly value: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>>;
  readonly children?: readonly Element[];
  readonly style?: unknown;
}

/** Throws if the message cannot be read. */
export const namedIn = (message: string): readonly Named[] =>
  namedBy(new IntlMessageFormat(message, 'en').getAst() as unknown as readonly Element[]);

const namedBy = (elements: readonly Element[]): readonly Named[] =>
  elements.flatMap(({ type, value, options = {}, children = [], style = '' }) => {
    const how = HOW[type as keyof typeof HOW];
    const inside = [...Object.values(options).flatMap((option) => namedBy(option.value)), ...namedBy(children)];
    return how === undefined
      ? inside
      : [{ name: value, how, options: Object.keys(options), style: String(style) }, ...inside];
  });

export interface Catalogue {
  /** All messages of a key: the customers', and the desk's own. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  readonly steps: ReadonlyMap<string, readonly string[]>;
  readonly terms: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Checked {
  /** With file and line. */
  readonly faults: readonly string[];
  readonly reasons: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
}

/** Every refusal and every next step in `src`; `also` are further sources by their name in `src`. */
export function checkRefusals(
  root: string,
  catalogue: Catalogue,
  also: Readonly<Record<string, string>> = {},
): Checked {
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['src'] }, ts.sys, root);
  const made = new Map(Object.entries(also).map(([name, text]) => [path.join(root, 'src', name), text]));
  const host = ts.createCompilerHost(options, true);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => made.get(path.normalize(name)) ?? readFile(name);
  host.fileExists = (name) => made.has(path.normalize(name)) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const text = made.get(path.normalize(name));
    return text === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  };
  const program = ts.createProgram([...fileNames, ...made.keys()], options, host);
  const sources = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(path.join(root, 'src/')));
  const names = new Set(sources.flatMap(takers));
  const check = new RefusalCheck(program, root, catalogue);
  for (const source of sources) {
    walk(source, (node) => {
      if (ts.isCallExpression(node) && names.has(lastName(node.expression))) check.seeCall(node);
      if (ts.isObjectLiteralExpression(node)) check.seeObject(node);
    });
  }
  return check;
}

/** Names of the functions that take a Reason or a Step: only of these calls the compiler is asked, which takes its time. */
function takers(source: ts.SourceFile): readonly string[] {
  const names: string[] = [];
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !node.parameters.some(({ type }) => /^(Reason|Step)\b/.test(type?.getText() ?? '')))
      return;
    names.push((node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined))?.getText() ?? '');
  });
  return names;
}

const lastName = (node: ts.Expression): string => (ts.isPropertyAccessExpression(node) ? node.name : node).getText();

interface Given {
  reason: ts.Node | undefined;
  step: ts.Node | undefined;
  facts: ts.Node | undefined;
}

class RefusalCheck implements Checked {
  readonly faults: string[] = [];
  readonly reasons = new Set<string>();
  readonly steps = new Set<string>();
  readonly #checker: ts.TypeChecker;
  readonly #root: string;
  readonly #catalogue: Catalogue;
  readonly #types: { readonly Reason: ts.Type; readonly Step: ts.Type; readonly Facts: ts.Type };

  constructor(program: ts.Program, root: string, catalogue: Catalogue) {
    this.#checker = program.getTypeChecker();
    this.#root = root;
    this.#catalogue = catalogue;
    const errors = program.getSourceFile(path.join(root, 'src/errors.ts'));
    const module = errors === undefined ? undefined : this.#checker.getSymbolAtLocation(errors);
    const exported = new Map(
      module === undefined ? [] : this.#checker.getExportsOfModule(module).map((one) => [one.name, one]),
    );
    const typeOf = (name: string): ts.Type => {
      const symbol = exported.get(name);
      if (symbol === undefined) throw new Error(`errors.ts exports no ${name}`);
      return this.#checker.getDeclaredTypeOfSymbol(symbol);
    };
    this.#types = { Reason: typeOf('Reason'), Step: typeOf('Step'), Facts: typeOf('Facts') };
  }

  seeObject(node: ts.ObjectLiteralExpression): void {
    const given = new Map(node.properties.map((property) => [property.name?.getText(), property]));
    const [reason, step, facts] = ['reason', 'step', 'facts'].map((name) => given.get(name));
    this.#seeGiven(node, { reason, step, facts });
  }

  seeCall(node: ts.CallExpression): void {
    const given: Given = { reason: undefined, step: undefined, facts: undefined };
    for (const [at, parameter] of (this.#checker.getResolvedSignature(node)?.parameters ?? []).entries()) {
      const type = this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(parameter));
      if (type === this.#types.Reason) given.reason = node.arguments[at];
      if (type === this.#types.Step) given.step = node.arguments[at];
      if (type === this.#types.Facts) given.facts = node.arguments[at];
    }
    this.#seeGiven(node, given);
  }

  #seeGiven(node: ts.Node, given: Given): void {
    const { facts } = given;
    if (facts === undefined) return;
    const reasons = this.#keysOf(given.reason, this.#types.Reason);
    const steps = this.#keysOf(given.step, this.#types.Step);
    for (const key of reasons) this.reasons.add(key);
    for (const key of steps) this.steps.add(key);
    const messages = [
      ...reasons.flatMap((key) => this.#catalogue.reasons.get(key) ?? []),
      ...steps.flatMap((key) => this.#catalogue.steps.get(key) ?? []),
    ];
    for (const message of messages) {
      for (const fault of this.#faultsOf(namedIn(message), facts)) {
        const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
        const file = path.relative(this.#root, node.getSourceFile().fileName);
        this.faults.push(`${file}:${line + 1}: ${fault}, in "${message}"`);
      }
    }
  }

  /** The keys that may stand here; none where the whole catalogue may, because then a caller names the key. */
  #keysOf(node: ts.Node | undefined, all: ts.Type): readonly string[] {
    if (node === undefined) return [];
    const type = this.#checker.getNonNullableType(this.#typeAt(node));
    return type === all ? [] : literalsOf(type);
  }

  #typeAt(node: ts.Node): ts.Type {
    if (ts.isPropertyAssignment(node)) return this.#checker.getTypeAtLocation(node.initializer);
    const symbol = ts.isShorthandPropertyAssignment(node)
      ? this.#checker.getShorthandAssignmentValueSymbol(node)
      : undefined;
    return symbol === undefined
      ? this.#checker.getTypeAtLocation(node)
      : this.#checker.getTypeOfSymbolAtLocation(symbol, node);
  }

  #faultsOf(named: readonly Named[], facts: ts.Node): readonly string[] {
    const type = this.#typeAt(facts);
    return named
      .filter(({ how }) => how !== 'tag')
      .flatMap((one) => {
        const property = type.getProperty(one.name);
        if (property === undefined) return [`no fact {${one.name}}`];
        return this.#faultOfFact(one, this.#checker.getTypeOfSymbolAtLocation(property, facts), named) ?? [];
      });
  }

  #faultOfFact({ name, how, options }: Named, type: ts.Type, named: readonly Named[]): string | undefined {
    const parts = type.isUnion() ? type.types : [type];
    const some = (flags: ts.TypeFlags) => parts.some((part) => (part.flags & flags) !== 0);
    const nothing = named.some((one) => one.name === name && one.how === 'select' && one.options.includes('none'));
    if (some(ts.TypeFlags.Null | ts.TypeFlags.Undefined) && !nothing) return `{${name}} may be missing`;
    const literals = literalsOf(type);
    if (how === 'select' && literals.filter((literal) => !options.includes(literal)).length > 1)
      return `{${name}} may be ${literals.join(', ')}`;
    const isNumber = this.#checker.getNonNullableType(type).flags & ts.TypeFlags.NumberLike;
    if (['number', 'date', 'plural'].includes(how) && isNumber === 0) return `{${name}} is no number`;
    const terms = this.#catalogue.terms[name];
    const lists = parts.filter((part) => this.#checker.isArrayType(part) || this.#checker.isTupleType(part));
    const keys = [
      ...literals,
      ...lists.flatMap((list) => literalsOf(this.#checker.getIndexTypeOfType(list, ts.IndexKind.Number) ?? list)),
    ];
    if (terms !== undefined && (keys.length === 0 || keys.some((literal) => !(literal in terms))))
      return `{${name}} is none of its terms`;
    return undefined;
  }
}

const literalsOf = (type: ts.Type): readonly string[] =>
  (type.isUnion() ? type.types : [type]).flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
