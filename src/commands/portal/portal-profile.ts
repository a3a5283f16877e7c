/** `portal profile`, `portal password`: show a user's profile, change the application password. */

import * as z from 'zod';
import { CHANGING_PASSWORD, changeApplicationPassword } from '../../procedures/portal/change-application-password.js';
import type { Owner } from '../../procedures/portal/customer-login.js';
import { type Profile, readProfile } from '../../procedures/portal/read-profile.js';
import { iso } from '../../rules/moment.js';
import { askNewSecret } from '../ask-secret.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localDay } from '../wording/times.js';
import { endedFields, endedLines } from './ended-trust.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession, sessionWithPassword } from './portal-session.js';

const profile = command({
  path: 'portal profile',
  summary: 'show your profile',
  examples: ['countersign portal profile --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const facts = await readProfile(desk, login);
      return {
        view: [
          block.title(login.user.name, `${login.account.number}/${login.user.login}`),
          block.fields(...rowsOf(login, facts)),
        ],
        document: { profile: documentOf(login, facts) },
      };
    }),
});

const password = command({
  path: 'portal password',
  summary: 'change your application password; asks for the current one',
  examples: ['countersign portal password --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS.filter((option) => option.flags !== '--password-stdin'),
  input: () => z.object({ ...portalShape(), passwordStdin: z.literal(false).default(false) }),
  run: (context, given) =>
    sessionWithPassword(context, given, CHANGING_PASSWORD, async ({ desk, login, viewKey }) => {
      const next = await askNewSecret(context, false, 'it at a terminal', 'New application password');
      const changed = await changeApplicationPassword(desk, login, { viewKey, next });
      return {
        view: [
          block.lines('Your application password is changed.', ...endedLines(changed), 'Your passphrase is as it was.'),
        ],
        document: { password: { changed: true, ...endedFields(changed) } },
      };
    }),
});

function rowsOf({ account, user }: Owner, facts: Profile): readonly (readonly [string, string])[] {
  return [
    ['Company', `${account.name} (${account.number})`],
    ['E-mail', user.email],
    ['Phone', user.phone],
    ['Role', user.role],
    ['Privileges', privilegesOf(facts)],
    ['Passphrase', passphraseWords(facts.passphrase)],
    [
      'Password',
      facts.passwordChangedAt === null
        ? 'none: you sign in by single sign-on'
        : `set on ${localDay(facts.passwordChangedAt)}`,
    ],
    ['Second factor', account.mfaRequiredAt === null ? 'not required by your company' : 'required by your company'],
  ];
}

function privilegesOf({ privileges }: Profile): string {
  if (privileges === 'everything') return 'everything';
  return privileges.length === 0 ? 'none' : privileges.join(', ');
}

function passphraseWords({ state, setAt, readable }: Profile['passphrase']): string {
  if (state === 'no-use') return 'none: only admins make protected requests';
  if (state === 'none' || setAt === null) return 'none yet; set it with: countersign portal passphrase set';
  if (state === 'desk') return `set by the desk on ${localDay(setAt)}; set one of your own`;
  return `set on ${localDay(setAt)}${readable ? '; look it up with: countersign portal passphrase show' : '; not kept readable'}`;
}

function documentOf({ account, user }: Owner, facts: Profile) {
  return {
    id: user.id,
    login: user.login,
    name: user.name,
    email: user.email,
    phone: user.phone,
    role: user.role,
    privileges: facts.privileges,
    account: {
      id: account.id,
      number: account.number,
      name: account.name,
      edition: account.edition,
      mfaRequired: account.mfaRequiredAt !== null,
    },
    passphrase: { ...facts.passphrase, setAt: iso(facts.passphrase.setAt) },
    passwordChangedAt: iso(facts.passwordChangedAt),
  };
}

export const commands: readonly Command[] = [profile, password];
