/**
 * What an agent can tell a caller who is not verified, by the edition of the account (B01, B15, B19): keys of sentences to read aloud
 * (`path` in data/messages/<language>/terms.json). The paths are those of 8x8, in its order and wording.
 */
import type { Edition } from './people.js';

const PATHS = {
  'x-series': ['x-series-1', 'x-series-2', 'x-series-3', 'x-series-4', 'x-series-5'],
  classic: ['classic-1', 'classic-2', 'classic-3'],
} as const satisfies Readonly<Record<Edition, readonly string[]>>;

/** Where the owner sees and changes the passphrase. */
export const passphrasePath = (edition: Edition) => PATHS[edition];

/** Why a caller is not verified. `held`: the caller's role is too new for this (B84). */
export type RefusalReason = 'not-verified' | 'not-privileged' | 'no-passphrase' | 'forgot' | 'held';

/** Sentences to read aloud. They depend on the edition and on what the caller may learn, never on what the desk knows of the phrase. */
export function guidanceFor(reason: RefusalReason, edition: Edition): readonly string[] {
  if (reason === 'not-privileged') return [`${edition}-privilege`];
  return reason === 'held' ? ['held'] : passphrasePath(edition);
}
