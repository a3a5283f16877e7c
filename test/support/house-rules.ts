/**
 * The rules of the house (CONTRIBUTING.md, "Rooms") as checks over sources. Each check returns its faults as sentences with a
 * place, an empty list when all is well; architecture.test.ts runs them over src and over small bad sources.
 */
import ts from 'typescript';
import { type Import, lineOf, type Source, walk } from './imports.js';

/**
 * Who may import whom. An entry is a file or folder of src, a package, or `packages` for every package that is not reserved for
 * one room; `type` before it means that only types may be imported.
 */
const ROOMS: Readonly<Record<string, { readonly may: readonly string[]; readonly sentence: string }>> = {
  rules: {
    may: ['rules/*', 'errors', 'zod'],
    sentence: 'rules may import rules, errors and zod; they know no clock, store, terminal or any other effect',
  },
  crypto: {
    may: ['crypto/*', 'type rules/*', 'errors', 'argon2', 'node:crypto', 'packages'],
    sentence: "crypto may import rules' types and errors; it knows no store, commands or procedures",
  },
  factors: {
    may: ['factors/*', 'type rules/*', 'errors', 'otplib', '@simplewebauthn/server', 'packages'],
    sentence: "factors may import rules' types and errors; they know no store, commands or procedures",
  },
  delivery: {
    may: [
      'delivery/*',
      'type rules/*',
      'errors',
      'nodemailer',
      'make-folder',
      'node:fs',
      'node:net',
      'node:path',
      'packages',
    ].concat(
      // For syslog by datagrams.
      ['node:dgram'],
    ),
    sentence: "delivery may import rules' types and errors; it knows no store, commands or procedures",
  },
  connectors: {
    // Of delivery what is no channel: how a table of settings and a secret file are read, which addresses are private, a time limit.
    may: ['connectors/*', 'type rules/*', 'errors', 'node:net'].concat(
      ['section', 'secret-file', 'address-range', 'deadline'].map((file) => `delivery/${file}`),
    ),
    sentence:
      "connectors may import rules' types, errors and four files of delivery; they know no store, log, job, command or procedure",
  },
  terminal: {
    may: [
      'terminal/*',
      'type rules/*',
      'errors',
      'inquirer',
      'chalk',
      'uqr',
      'cli-table3',
      'node:readline',
      'node:stream',
      'packages',
    ],
    sentence: "terminal may import rules' types and errors; it knows no desk, store, commands or procedures",
  },
  store: {
    // The write door appends to the audit tree, which is arithmetic without effects and therefore in rules.
    may: [
      'store/*',
      'type rules/*',
      'rules/audit-entry', // whose entry moves the clock of the desk
      'rules/audit-tree',
      'rules/directory-keys', // the words of searches as one value, which an import makes before the store is locked
      'rules/table-fault', // how the refusal of a table is worded
      'errors',
      'type crypto/*',
      'kysely',
      'better-sqlite3',
      'pg',
    ].concat(['make-folder', 'node:fs', 'node:path']),
    sentence: "store may import rules' types, errors and crypto's types; it knows no commands, procedures or terminal",
  },
  procedures: {
    // Of delivery only the timetable of retries, which is arithmetic.
    may: [
      'procedures/*',
      'rules/*',
      'factors/factor',
      'factors/registry',
      'factors/one-time-code',
      'factors/backup-codes',
      'delivery/schedule',
      'type connectors/connector',
      'type desk',
      'errors',
    ].concat(['packages']),
    sentence:
      "procedures may import rules, the factors' and connectors' contracts, the desk's types and errors; they know no commander, inquirer, chalk, SQL or files",
  },
  commands: {
    may: [
      'commands/*',
      'procedures/*',
      'rules/*',
      'type desk',
      'type config',
      'type house',
      'errors',
      'type terminal/*',
      'commander',
    ].concat([
      'terminal/render',
      'terminal/printable',
      'terminal/style',
      'terminal/table',
      'terminal/qr',
      'node:path',
      'pages/server',
      'packages',
    ]),
    sentence:
      "commands may import procedures, rules, the desk's types, errors and what terminal renders with; they know no store, delivery, crypto or system, and load no prompt library",
  },
  pages: {
    // Of the commands only the words: a refusal reads the same in a browser and on a terminal.
    may: [
      'pages/*',
      'procedures/*',
      'rules/*',
      'type desk',
      'errors',
      'commands/wording/worded',
      'type commands/wording/words',
      'commands/wording/say',
    ].concat(['terminal/qr', 'data', 'hono', '@hono', 'node:http', 'node:https', 'type node:net']),
    sentence:
      "pages may import procedures, rules, the desk's types, errors, the words of refusals and the QR code; they know no store, command or prompt",
  },
  desk: {
    may: ['type connectors/*', 'type crypto/*', 'type delivery/*', 'type factors/*', 'type rules/*', 'type store/*'],
    sentence: 'desk holds types only',
  },
  config: {
    may: ['errors', 'type rules/*', 'node:path'],
    sentence: 'config is pure: it may import errors and node:path',
  },
  house: { may: ['type desk', 'type rules/*'], sentence: 'house holds types only, and knows no commands' },
  'make-folder': { may: ['node:fs', 'node:path'], sentence: 'make-folder knows nothing but the file system' },
  errors: {
    may: ['type data'],
    sentence: 'errors imports nothing but types of the catalogue, so that everything may import it',
  },
};

/** Packages that only one place may import; `main` is main.ts and the folders main/, opening/ and custody/. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  commander: ['commands/program'],
  inquirer: ['terminal/*'],
  '@inquirer': ['terminal/*'],
  chalk: ['terminal/*'],
  'cli-table3': ['terminal/*'],
  uqr: ['terminal/*'],
  'better-sqlite3': ['store/engines/sqlite'],
  pg: ['store/engines/postgres'],
  kysely: ['store/*'],
  argon2: ['crypto/*'],
  'node:crypto': ['crypto/*'],
  otplib: ['factors/*'],
  '@otplib': ['factors/*'],
  '@simplewebauthn/server': ['factors/*'],
  nodemailer: ['delivery/*'],
  hono: ['pages/*'],
  '@hono': ['pages/*'],
  'node:http': ['pages/server'],
  'node:https': ['pages/server'],
  'node:child_process': ['main'],
  'node:process': ['main'],
  'node:fs': ['main', 'store/*', 'delivery/*', 'make-folder'],
};

/** `rules`, `store`, …; `main` for main.ts, main/, opening/ and custody/, which may import everything. */
export function roomOf(file: string): string {
  const [first = ''] = inSrc(file).split('/');
  return Object.hasOwn(ROOMS, first) ? first : 'main';
}

const inSrc = (target: string): string => target.replace(/^src\//, '').replace(/\.ts$/, '');

/** Package of an import: `nodemailer` of `nodemailer/lib/mailer`, `node:fs` of `node:fs/promises`, `@scope`'s name alone. */
function packageOf(target: string): string {
  const [first = '', second = ''] = target.split('/');
  if (!first.startsWith('@')) return first;
  return first in PLACES ? first : `${first}/${second}`;
}

export function faultsOfImports(source: Source): string[] {
  return source.imports.flatMap((found) => faultsOfImport(source, found).map((fault) => at(source, found.line, fault)));
}

function faultsOfImport(source: Source, found: Import): string[] {
  const faults: string[] = [];
  const own = roomOf(source.path);
  const inside = found.target.startsWith('src/');
  const name = inside ? inSrc(found.target) : packageOf(found.target);
  const room = ROOMS[own];
  if (room !== undefined && !room.may.some((entry) => allows(entry, name, found.typeOnly, inside))) {
    faults.push(`imports ${name}, but ${room.sentence}`);
  }
  const places = inside ? undefined : PLACES[name];
  if (places !== undefined && !places.some((place) => matches(place, own === 'main' ? 'main' : inSrc(source.path)))) {
    faults.push(`imports ${name}, which stands in ${places.join(' and ')} only`);
  }
  if (name === 'zod' && !found.namespace) {
    faults.push('imports zod by name, which keeps every language of it in the bundle: write import * as z');
  }
  return faults;
}

function allows(entry: string, name: string, typeOnly: boolean, inside: boolean): boolean {
  if (entry.startsWith('type ')) return typeOnly && matches(entry.slice(5), name);
  if (entry === 'packages') return !inside && !name.startsWith('node:') && PLACES[name] === undefined;
  return matches(entry, name);
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

const SQL =
  /\b(select\b[\s\S]*\bfrom\b|insert\s+into\b|delete\s+from\b|update\s+\S+\s+set\b|(create|drop|alter)\s+table\b|pragma\b)/i;

/** What only few files may use, or none: the process, the clock, chance, the console, SQL, default exports. */
export function faultsOfWords(source: Source): string[] {
  const faults: string[] = [];
  const room = roomOf(source.path);
  walk(source.tree, (node) => {
    const fault = faultOfNode(node, room);
    if (fault !== undefined) faults.push(at(source, lineOf(source.tree, node), fault));
  });
  return faults;
}

function faultOfNode(node: ts.Node, room: string): string | undefined {
  const outside = room !== 'main';
  if (ts.isIdentifier(node) && isReference(node)) {
    if (node.text === 'console') return 'uses console; results and notices go through terminal';
    if (node.text === 'process' && outside)
      return 'uses process, which belongs to main; take what is needed as an argument';
    if (node.text === 'performance' && outside) return 'reads the clock, which belongs to main; time is an argument';
  }
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText().replace(/\s+/g, '');
    if (text === 'Math.random') return 'uses Math.random; chance comes from the desk';
    if (text === 'process.exit') return 'calls process.exit, which cuts piped output: return the exit status';
    if (text === 'Date.now' && outside) return 'reads the clock, which belongs to main; time is an argument';
  }
  if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && isClock(node) && outside) {
    return 'reads the clock, which belongs to main; time is an argument';
  }
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) {
    if (room !== 'store' && SQL.test(node.text)) return 'holds SQL, which belongs to store';
  }
  if (isDefaultExport(node)) return 'exports a default; export by name';
  return undefined;
}

/** True if the name means the global: it is not a member, a key or a declaration of the same name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  return !('name' in parent && parent.name === node) && !ts.isImportSpecifier(parent) && !ts.isQualifiedName(parent);
}

function isClock(node: ts.NewExpression | ts.CallExpression): boolean {
  if (node.expression.getText() !== 'Date') return false;
  return ts.isCallExpression(node) || (node.arguments ?? []).length === 0;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

/** These need no row: they make the claim, or are the lock itself. */
const NO_DOORS = ['procedures/authorise', 'procedures/operators/authenticate-operator'];

/** `wing/file.function` of every exported function of procedures/ that takes an operator. */
export function operatorDoors(source: Source): string[] {
  const file = inSrc(source.path);
  if (!file.startsWith('procedures/') || NO_DOORS.includes(file)) return [];
  return source.tree.statements.flatMap((statement) => {
    if (!ts.isFunctionDeclaration(statement) || statement.name === undefined) return [];
    const exported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    const handed = statement.parameters.some(({ type }) => type?.getText(source.tree) === 'SignedOperator');
    return exported && handed ? [`${file.slice('procedures/'.length)}.${statement.name.text}`] : [];
  });
}

/** The claim itself. */
const OWNER_LOCKS = ['procedures/portal/customer-login'];

/**
 * `wing/file.function` of every exported function of procedures/ that takes a customer's login. A function that takes the door as
 * well (`actAsOwner`, `askOwner`) is the lock, or counts under it.
 */
export function ownerDoors(source: Source): string[] {
  const file = inSrc(source.path);
  if (!file.startsWith('procedures/') || OWNER_LOCKS.includes(file)) return [];
  return exportedFunctions(source).flatMap(({ name, parameters }) => {
    const handed = (type: RegExp): boolean => parameters.some((parameter) => type.test(parameter.getText(source.tree)));
    const isDoor = handed(/\bPortalLogin\b/) && !handed(/\bOwnerDoor\b/);
    return isDoor ? [`${file.slice('procedures/'.length)}.${name}`] : [];
  });
}

interface ExportedFunction {
  readonly name: string;
  readonly parameters: readonly ts.ParameterDeclaration[];
}

/** Includes functions that are written as a constant. */
function exportedFunctions({ tree }: Source): readonly ExportedFunction[] {
  return tree.statements.flatMap((statement) => {
    if (!ts.canHaveModifiers(statement)) return [];
    if (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) !== true) return [];
    if (ts.isFunctionDeclaration(statement)) {
      return statement.name === undefined ? [] : [{ name: statement.name.text, parameters: [...statement.parameters] }];
    }
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
      initializer !== undefined && ts.isArrowFunction(initializer)
        ? [{ name: name.getText(tree), parameters: [...initializer.parameters] }]
        : [],
    );
  });
}

const EMPTY_NAMES = /(^|[-./])(utils?|helpers?|common|shared|managers?|services?|misc)([-./]|$)/;

export function faultsOfForm(source: Source): string[] {
  const faults: string[] = [];
  const name = EMPTY_NAMES.exec(source.path);
  if (name !== null) faults.push(at(source, 1, `is called "${name[2]}", which says nothing about what is in it`));
  if (!/^(#!.*\n)?\s*\/[/*]/.test(source.text))
    faults.push(at(source, 1, 'begins without a comment that says what it is'));
  return faults;
}

const at = (source: Source, line: number, fault: string): string => `${source.path}:${line} ${fault}`;
