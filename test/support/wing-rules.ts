/**
 * Wings and locks of the house (src/README.md) as checks over sources: which wing may use which, how full a folder may be, and
 * that nobody makes, casts or keeps an authority. Each check returns its faults as sentences with a place; architecture.test.ts
 * runs them.
 */
import ts from 'typescript';
import { lineOf, type Source, walk } from './imports.js';

/** One word for each capability, the same in procedures/ and commands/. A wing that is not named here may import no other. */
export const WINGS: Readonly<Record<string, readonly string[]>> = {
  messages: [],
  operators: ['messages'],
  codes: ['messages'],
  directory: ['messages', 'operators'],
  log: ['directory'],
  calls: ['directory', 'messages'],
  portal: ['codes', 'directory', 'messages'],
  factors: ['portal', 'codes', 'messages'],
  passphrases: ['portal', 'codes', 'messages', 'resets'],
  resets: ['calls', 'portal', 'codes', 'directory', 'operators', 'messages'],
  imports: ['directory', 'resets'],
  exits: ['resets', 'portal', 'directory'],
  upkeep: ['log', 'messages', 'operators', 'directory'],
};

/** Wings that only commands have, and what commands show of another wing. */
/** The words of refusals, for all of them. */
const WORDING = 'wording';

const COMMAND_WINGS: Readonly<Record<string, readonly string[]>> = {
  ...WINGS,
  [WORDING]: [],
  typing: [],
  trial: [],
  // The console and the portal show what a reset did in the words of `mfa reset`.
  calls: ['directory', 'messages', 'resets'],
  portal: ['codes', 'directory', 'messages', 'resets'],
  resets: ['directory', 'operators', 'messages'],
};

/** Files beside the wings, which every wing may use. Of the wings they themselves may import one leaf. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  src: ['main', 'desk', 'errors', 'config', 'house', 'make-folder'],
  'src/procedures': ['authorise', 'judge-password', 'lock-outs', 'seal-contexts', 'pause', 'log-reader'],
  'src/commands': ['program', 'command', 'ports', 'catalogue', 'report-outcome', 'ask'],
  'src/store': ['store', 'record', 'head', 'engine', 'rows'],
};
const LEAF = 'src/procedures/operators/standing';

const FULL = 20;

interface Place {
  readonly layer: string;
  /** Undefined for a file beside the wings. */
  readonly wing: string | undefined;
}

/** The place of a path in procedures/ or commands/; undefined for every other path. */
function placeOf(file: string): Place | undefined {
  const [src, layer = '', second = '', third] = file.replace(/\.ts$/, '').split('/');
  if (src !== 'src' || (layer !== 'procedures' && layer !== 'commands')) return undefined;
  return { layer, wing: third === undefined ? undefined : second };
}

/** An import from a wing that its wing may not use. program.ts and the catalogue load every command. */
export function faultsOfWings(source: Source): string[] {
  const own = placeOf(source.path);
  if (own === undefined) return [];
  return source.imports.flatMap((found) => {
    const other = placeOf(found.target);
    if (other?.wing === undefined || other.layer !== own.layer || other.wing === own.wing) return [];
    if (own.wing === undefined) {
      const allowed = own.layer === 'commands' || found.target === LEAF;
      return allowed ? [] : [at(source, found.line, `stands beside the wings and imports ${found.target}`)];
    }
    const may = (own.layer === 'commands' ? COMMAND_WINGS : WINGS)[own.wing];
    if (may?.includes(other.wing) === true || (own.layer === 'commands' && other.wing === WORDING)) return [];
    const names = may === undefined || may.length === 0 ? 'no other wing' : may.join(', ');
    return [at(source, found.line, `imports ${found.target}, but the wing ${own.wing} may use ${names}`)];
  });
}

/** Wings that lead back to themselves. */
export function wingCycles(wings: Readonly<Record<string, readonly string[]>> = WINGS): string[] {
  const reaches = (from: string, seen: readonly string[]): string[] =>
    (wings[from] ?? []).flatMap((next) =>
      seen.includes(next) ? [[...seen, next].join(' → ')] : reaches(next, [...seen, next]),
    );
  return Object.keys(wings).flatMap((wing) => reaches(wing, [wing]));
}

/** Too many files in one wing, and files that belong to no room. */
export function faultsOfLayout(paths: readonly string[]): string[] {
  const folders = new Map<string, number>();
  const faults: string[] = [];
  for (const file of paths) {
    const folder = file.slice(0, file.lastIndexOf('/'));
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
    const name = file.slice(folder.length + 1).replace(/\.ts$/, '');
    if (BESIDE[folder]?.includes(name) === false)
      faults.push(`${file} stands in no room; put it into one of ${folder}`);
  }
  for (const [folder, count] of folders)
    if (count > FULL && /^src\/(procedures|commands)\//.test(folder))
      faults.push(`${folder} holds ${count} files; the cap is ${FULL}`);
  return faults;
}

/** The two locks, and the entry whose actor they prove. */
const LOCKS = ['src/procedures/authorise.ts', 'src/procedures/portal/act-as-owner.ts', 'src/rules/audit-entry.ts'];
const AUTHORITY = /\b(Authorised|Acting|AuthorisedOwner|ActingOwner|ProvenActor)\b/;

/** An entry that says something was done takes a proven actor; casting the whole entry would bypass that. */
const ENTRY = /\b(AuditEntry|Deed)\b/;

/** Someone who has just proved who they are has no session yet that could be checked. */
const SIGN_INS = [
  'src/procedures/portal/sign-in-by-sso.ts',
  'src/procedures/operators/sign-in-operator.ts',
  'src/procedures/operators/establish-desk.ts',
  'src/procedures/operators/start-operator.ts',
  'src/procedures/operators/recover-by-code.ts',
  // The operator was proven in the replaced store; the restored one does not have today's session.
  'src/custody/restore-store.ts',
  // Whoever vouches for a migrated store has just signed in to it.
  'src/custody/migrate-store.ts',
  'src/procedures/portal/sign-in-user.ts',
  'src/procedures/portal/activate-user.ts',
];

/** An authority that is cast, kept, returned, or made by a front end: the old fault under a new name (T14, T15). */
export function faultsOfLocks(source: Source): string[] {
  if (LOCKS.includes(source.path)) return [];
  const faults: string[] = [];
  walk(source.tree, (node) => {
    const fault = faultOfLock(source, node);
    if (fault !== undefined) faults.push(at(source, lineOf(source.tree, node), fault));
  });
  return faults;
}

function faultOfLock(source: Source, node: ts.Node): string | undefined {
  const speaks = (type: ts.Node | undefined) => type !== undefined && AUTHORITY.test(type.getText(source.tree));
  if (
    (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node) || ts.isSatisfiesExpression(node)) &&
    speaks(node.type)
  )
    return 'casts to an authority; only act() and actAsOwner() hand one out';
  if (ts.isAsExpression(node) && ENTRY.test(node.type.getText(source.tree))) return 'casts to an audit entry';
  if (ts.isVariableDeclaration(node) && speaks(node.type)) return 'keeps an authority in a variable';
  if ((ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) && speaks(node.type) && !inParameter(node))
    return 'keeps an authority in a property; a step takes it as a parameter';
  if (ts.isTypeAliasDeclaration(node) && speaks(node.type)) return 'gives an authority another name';
  if (ts.isFunctionLike(node) && !ts.isFunctionTypeNode(node) && speaks(node.type)) return 'hands an authority back';
  // Also where the type of what is returned is not written down.
  const given = ts.isReturnStatement(node) ? node.expression : ts.isArrowFunction(node) ? node.body : undefined;
  if (given !== undefined && ts.isIdentifier(given) && /^(acting|by)$/.test(given.text))
    return 'hands an authority back';
  if (ts.isImportSpecifier(node)) return faultOfName(source, (node.propertyName ?? node.name).text);
  return undefined;
}

function faultOfName({ path }: Source, name: string): string | undefined {
  if ((name === 'provenBySignIn' || name === 'openLogged') && !SIGN_INS.includes(path))
    return 'takes an actor as proven, which only a sign-in may';
  const front = path.startsWith('src/commands/') || path.startsWith('src/pages/');
  if (front && (name === 'act' || name === 'actAsOwner')) return 'acts by itself; a front end calls a procedure';
  return undefined;
}

const inParameter = (node: ts.Node): boolean =>
  ts.findAncestor(node, (above) => ts.isParameter(above) || ts.isFunctionTypeNode(above)) !== undefined;

const at = (source: Source, line: number, fault: string): string => `${source.path}:${line} ${fault}`;
