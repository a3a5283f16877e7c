/**
 * What an agent can tell a caller who is not verified, by the edition of the account (B01, B15, B19). The paths are those of 8x8,
 * in its order and wording; each line is a sentence to read aloud.
 */
import type { CustomerRole, Edition } from './people.js';

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
    'Your passphrase stands under Passphrase: look it up there, or set a new one, and call again.',
  ],
  classic: [
    'Sign in, and open Account Manager.',
    'Choose Edit My Profile.',
    'Your passphrase stands under Pass Phrase: look it up there, or set a new one, and call again.',
  ],
};

export type GuidanceReason = 'not-verified' | 'not-privileged' | 'no-passphrase' | 'forgot';

/** Lines to read aloud. They depend on the edition and on what the caller may learn, never on what the desk knows of the phrase. */
export function guidanceFor(reason: GuidanceReason, edition: Edition): readonly string[] {
  if (reason === 'not-privileged') return [PRIVILEGE[edition]];
  return passphrasePath(edition);
}

const PRIVILEGE: Readonly<Record<Edition, string>> = {
  'x-series': 'An admin of your company can make this request.',
  classic:
    'The primary admin of your company can make this request, or give you the privilege for it in Account Manager.',
};

/** For the operator only: what the refusal means, also for this role (B12, B13, B15). */
export function operatorNote(reason: GuidanceReason, role: CustomerRole | null): string {
  if (reason === 'not-privileged') return 'The phrase matches, but neither role nor scopes cover this request.';
  if (reason === 'forgot')
    return 'The caller does not know the phrase. Nothing was compared; nothing can be revealed or set here.';
  if (reason !== 'no-passphrase') return 'The phrase does not match, or there is no such caller.';
  if (role === 'secondary-admin')
    return "No passphrase is set. A secondary admin sets their own in the portal; the primary admin's does not verify them.";
  if (role === 'user') return 'No passphrase is set. A plain user makes no protected requests.';
  return 'No passphrase is set. On the set-up call the first one may be set: countersign passphrase setup';
}
