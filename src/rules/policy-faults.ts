/**
 * Says in plain words what is wrong with the policy files: where (JSON path) and what. Someone who edits a file by hand should
 * find the place and the right word without knowing the schema library.
 */
import type * as z from 'zod';
import { nearest } from './nearest.js';
import { PERMISSIONS } from './operator-roles.js';
import { CUSTOMER_ROLES, OPERATOR_ROLES } from './people.js';

/** One fault of one file. The message is the rest of a sentence that begins with the path. */
export interface PolicyFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** zod's complaint in plain words; undefined keeps zod's own. */
export function inPlainWords(issue: {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly [key: string]: unknown;
}): string | undefined {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  if (issue.code === 'invalid_type') return `must be of type ${String(issue['expected'])}`;
  if (issue.code === 'too_small') return `must be at least ${String(issue['minimum'])}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue['maximum'])}`;
  if (issue.code === 'invalid_value') return unknownWord(issue.input, (issue['values'] ?? []) as readonly unknown[]);
  return undefined;
}

function unknownWord(input: unknown, values: readonly unknown[]): string {
  const words = values.map(String);
  const close = typeof input === 'string' ? nearest(input, words) : undefined;
  const question = close === undefined ? '' : `; did you mean "${close}"?`;
  return `is ${JSON.stringify(input)}, which is not one of: ${words.join(', ')}${question}`;
}

/** The faults behind one complaint of zod: each unknown member is a separate fault. */
export function shapeFaults(issue: z.core.$ZodIssue): readonly PolicyFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownMember(key) }));
}

function unknownMember(key: string): string {
  const close = nearest(key, [...PERMISSIONS, ...OPERATOR_ROLES, ...CUSTOMER_ROLES]);
  return close === undefined || close === key ? 'is not known here' : `is not known here; did you mean "${close}"?`;
}

/** `$.categories[0].id`; a name with a hyphen is quoted: `$.customers["x-series"]`. */
export function jsonPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`;
  });
  return `$${steps.join('')}`;
}
