/**
 * The policy: which requests are protected, who may make them, and every figure of the desk. It comes from three data files
 * (actions, roles, limits), is checked as one whole, and is frozen: nothing changes it while the desk runs. Each audit entry
 * contains its hash, taken over `policyDocument`.
 */
import type * as z from 'zod';
import { type Refusal, refusal } from '../errors.js';
import { nearest } from './nearest.js';
import type { OperatorRules } from './operator-roles.js';
import type { CustomerRole, Edition } from './people.js';
import { checkActions, checkLimits, checkRoles } from './policy-checks.js';
import { inPlainWords, jsonPath, type PolicyFault, shapeFaults } from './policy-faults.js';
import {
  type ActionsFile,
  actionsSchema,
  type LimitsFile,
  limitsSchema,
  type RolesFile,
  rolesSchema,
} from './policy-schema.js';

/** A protected request. `id` is `category:action`, as typed and as stored in a scope. */
export interface Action {
  readonly id: string;
  readonly category: string;
  readonly title: string;
}

export interface Category {
  readonly id: string;
  readonly title: string;
  readonly actions: readonly Action[];
}

export type CustomerRoleRule = Readonly<RolesFile['customers']['x-series']['user']>;

export interface PolicyRoles extends OperatorRules {
  /** A role that an edition does not have is absent. */
  readonly customers: Readonly<Record<Edition, Readonly<Partial<Record<CustomerRole, CustomerRoleRule>>>>>;
}

/** data/limits.json without its version; units are in the names (rules/duration turns them into milliseconds). */
export type Limits = { readonly [Group in Exclude<keyof LimitsFile, 'version'>]: Readonly<LimitsFile[Group]> };

export interface Policy {
  /** Where it was read from, for messages; not part of the hash. */
  readonly source: string;
  readonly categories: readonly Category[];
  /** All actions of all categories, in file order. */
  readonly actions: readonly Action[];
  readonly roles: PolicyRoles;
  readonly limits: Limits;
}

/** The three files, already parsed from JSON. */
export type PolicyFiles = Readonly<Record<'actions' | 'roles' | 'limits', unknown>>;

/**
 * Reads the policy from the files, deeply frozen. `source` names the folder in messages.
 * `alreadyChecked` says that exactly this content has passed the checks before, so they are skipped.
 * @throws Refusal `config` with one problem for each fault, of all files at once, by file and JSON path.
 */
export function readPolicy(files: PolicyFiles, source: string, { alreadyChecked = false } = {}): Policy {
  if (alreadyChecked) {
    const { actions, roles, limits } = files as { actions: ActionsFile; roles: RolesFile; limits: LimitsFile };
    return assemble(source, actions, roles, limits);
  }
  const actions = readFile('actions.json', actionsSchema(), checkActions, files.actions);
  const roles = readFile('roles.json', rolesSchema(), checkRoles, files.roles);
  const limits = readFile('limits.json', limitsSchema(), checkLimits, files.limits);
  if (!('content' in actions && 'content' in roles && 'content' in limits)) {
    const problems = [actions, roles, limits].flatMap((file) => ('problems' in file ? file.problems : []));
    throw refusal('config', 'policy-wrong', { source, faults: problems.length }, 'mend-policy', { problems });
  }
  return assemble(source, actions.content, roles.content, limits.content);
}

function readFile<T>(name: string, schema: z.ZodType<T>, check: (content: T) => readonly PolicyFault[], data: unknown) {
  // Each schema is used once in a process: compiling it first would take longer than reading with it.
  const parsed = schema.safeParse(data, { error: inPlainWords, jitless: true });
  const faults = parsed.success ? check(parsed.data) : parsed.error.issues.flatMap(shapeFaults);
  if (parsed.success && faults.length === 0) return { content: parsed.data };
  return { problems: faults.map(({ path, message }) => ({ message: `${name} ${jsonPath(path)} ${message}` })) };
}

function assemble(source: string, file: ActionsFile, roles: RolesFile, limits: LimitsFile): Policy {
  const categories = file.categories.map(({ id, title, actions }) => ({
    id,
    title,
    actions: actions.map((action) => ({ id: `${id}:${action.id}`, category: id, title: action.title })),
  }));
  const { version: _rolesVersion, ...knownRoles } = roles;
  const { version: _limitsVersion, ...knownLimits } = limits;
  return freezeDeep({
    source,
    categories,
    actions: categories.flatMap((category) => category.actions),
    roles: knownRoles,
    limits: knownLimits,
  });
}

/** What the policy hash covers (as canonical JSON, RFC 8785): everything that decides, but not where it was read from. */
export function policyDocument(policy: Policy): { readonly [key: string]: unknown } {
  const { categories, roles, limits } = policy;
  return { version: 1, categories, roles, limits };
}

/** The action meant by `category:action`, or by a bare category that has exactly one. Undefined otherwise; it never guesses. */
export function findAction(policy: Policy, text: string): Action | undefined {
  const exact = policy.actions.find(({ id }) => id === text);
  if (exact !== undefined) return exact;
  const category = policy.categories.find(({ id }) => id === text);
  return category?.actions.length === 1 ? category.actions[0] : undefined;
}

/** True for a privilege that a user can have: a category or one action (B07). */
export function validScope(policy: Policy, text: string): boolean {
  return policy.categories.some(({ id }) => id === text) || policy.actions.some(({ id }) => id === text);
}

/** The refusal for a text that `findAction` does not know: names the actions, and the nearest where it looks like a slip. */
export function unknownAction(policy: Policy, text: string): Refusal {
  const known = policy.actions.map(({ id }) => id);
  const category = policy.categories.find(({ id }) => id === text);
  if (category !== undefined) {
    const parts = category.actions.map(({ id }) => id);
    return refusal('invalid-input', 'action-has-parts', { text, near: undefined, known: parts }, 'name-one-action');
  }
  return refusal('invalid-input', 'action-unknown', { text, near: nearest(text, known), known }, 'name-one-action');
}

function freezeDeep<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) freezeDeep(member);
    Object.freeze(value);
  }
  return value;
}
