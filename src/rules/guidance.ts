/**
 * What an agent can tell a caller who is not verified, by the edition of the account (B01, B15, B19). The paths are those of 8x8,
 * in its order and wording; each line is a sentence to read aloud.
 */
import type { Edition } from './people.js';

/** Where the owner sees and changes the passphrase. */
export function passphrasePath(edition: Edition): readonly string[] {
  return PATHS[edition];
}

const PATHS: Readonly<Record<Edition, readonly string[]>> = {
  'x-series': [
    'Sign in, and open the Application panel or choose Get Support.',
    'Open My 8x8.',
    'Click the arrow beside the user name.',
    'Choose My Profile.',
    'Find your passphrase under Passphrase, or set a new one there. Then call us again.',
  ],
  classic: [
    'Sign in, and open Account Manager.',
    'Choose Edit My Profile.',
    'Find your passphrase under Pass Phrase, or set a new one there. Then call us again.',
  ],
};

export type GuidanceReason = 'not-verified' | 'not-privileged' | 'no-passphrase' | 'forgot' | 'held';

/** Lines to read aloud. They depend on the edition and on what the caller may learn, never on what the desk knows of the phrase. */
export function guidanceFor(reason: GuidanceReason, edition: Edition): readonly string[] {
  if (reason === 'not-privileged') return [PRIVILEGE[edition]];
  if (reason === 'held') return [HELD];
  return passphrasePath(edition);
}

const HELD = 'Your role is new, so it cannot make this request yet. Another admin of your company can make it now.';

const PRIVILEGE: Readonly<Record<Edition, string>> = {
  'x-series': 'An admin of your company can make this request.',
  classic:
    'The primary admin of your company can make this request, or give you the privilege for it in Account Manager.',
};
