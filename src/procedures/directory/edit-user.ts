/** The desk changes name and contacts of one user. It may not change role or scopes (B16), and the sign-in only with a second operator. */
import type { Desk, SignedOperator } from '../../desk.js';
import { faultOfEmail, faultOfExternal, faultOfName, faultOfPhone, tidy } from '../../rules/directory-fields.js';
import { requireLanguage } from '../../rules/language.js';
import type { Account, User } from '../../rules/people.js';
import { act } from '../authorise.js';
import { refuseIfAny } from './add-to-directory.js';
import { type ChangedPerson, changePerson } from './change-person.js';

export interface UserEdit {
  readonly name?: string | undefined;
  /** Empty removes it. */
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  /** Empty removes it. */
  readonly external?: string | undefined;
  /** Empty for the company's. */
  readonly language?: string | undefined;
}

const EDITING = { permission: 'directory:write' } as const;
const FIELDS = ['name', 'email', 'phone', 'external', 'language'] as const;
const UNCHANGED: ChangedPerson = { moved: [], notices: [] };

/** Refusal `invalid-input` for a text that breaks a rule. Another spelling of the same contact is stored and not announced. */
export async function editUser(
  desk: Desk,
  signed: SignedOperator,
  found: { account: Account; user: User },
  edit: UserEdit,
) {
  requireLanguage(edit.language, desk.languages);
  // Loaded before the door is opened.
  await desk.phones();
  const { account } = found;
  return act(desk, signed, EDITING, {
    change: async (acting) => {
      const { users } = acting.write;
      const before = (await users.byId(found.user.id)) ?? found.user;
      const after = wanted(before, edit);
      const fields = FIELDS.filter((field) => before[field] !== after[field]);
      if (fields.includes('language')) await users.update(before.id, { language: after.language });
      const { moved, notices } = fields.every((field) => field === 'language')
        ? UNCHANGED
        : await changePerson(acting, { account, before, after });
      return { user: (await users.byId(before.id)) ?? before, fields, contacts: moved, notices };
    },
    entry: ({ fields, contacts, user }) => ({
      kind: 'user.edited',
      account: account.id,
      user: found.user.id,
      detail: { fields, contacts, ...(fields.includes('external') ? { external: user.external ?? '' } : {}) },
    }),
  });
}

function wanted(before: User, edit: UserEdit) {
  const name = edit.name === undefined ? before.name : tidy(edit.name);
  const email = edit.email === undefined ? before.email : tidy(edit.email);
  const phone = edit.phone === undefined ? before.phone : tidy(edit.phone);
  const faults = [
    { column: 'name', message: edit.name === undefined ? undefined : faultOfName(name) },
    { column: 'email', message: edit.email === undefined ? undefined : faultOfEmail(email) },
    { column: 'external', message: faultOfExternal(edit.external ?? '') },
    { column: 'phone', message: edit.phone === undefined ? undefined : faultOfPhone(phone) },
  ];
  refuseIfAny(faults.flatMap(({ column, message }) => (message === undefined ? [] : [{ column, message }])));
  const language = edit.language === undefined ? before.language : edit.language || null;
  const external = edit.external === undefined ? before.external : edit.external || null;
  return { name, email, phone, external, language };
}
