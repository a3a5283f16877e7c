/** The desk changes name and contacts of one user. It may not change role or scopes (B16), and the sign-in, or an admin's id at another system, only with a second operator. */
import type { Desk, SignedOperator } from '../../desk.js';
import { faultOfEmail, faultOfExternal, faultOfName, faultOfPhone, tidy } from '../../rules/directory-fields.js';
import { requireLanguage } from '../../rules/language.js';
import type { Owner, User } from '../../rules/people.js';
import { takesAdminsId } from '../../rules/remote-reset.js';
import { forgetSilent, refuseIfAny } from '../directory/add-to-directory.js';
import { changePeople } from '../directory/change-person.js';
import { idsOfOthers } from '../directory/external-ids.js';
import { CHANGING_POWER, withSecondOperator } from './with-second-operator.js';

/** An empty text removes what is on file; an empty language is the company's. */
export type UserEdit = {
  readonly [Part in 'name' | 'email' | 'phone' | 'external' | 'language' | 'reason']?: string | undefined;
};

const EDITING = { permission: 'directory:write' } as const;
const FIELDS = ['name', 'email', 'phone', 'external', 'language'] as const;

/** Refusals: invalid-input for a text that breaks a rule, approval-needed. Another spelling of the same contact is stored and not announced. */
export async function editUser(desk: Desk, signed: SignedOperator, found: Owner, edit: UserEdit) {
  requireLanguage(edit.language, desk.languages);
  if (edit.external) await forgetSilent(desk, signed);
  // Loaded before the door is opened.
  await desk.phones();
  const { account, user } = found;
  const door = edit.external !== undefined && takesAdminsId(user, tidy(edit.external)) ? CHANGING_POWER : EDITING;
  const wish = { why: 'external', account, reason: edit.reason, door } as const;
  return withSecondOperator(desk, signed, wish, {
    plan: async ({ write }) => {
      const before = (await write.users.byId(user.id)) ?? user;
      const after = wanted(before, edit);
      const fields = FIELDS.filter((field) => before[field] !== after[field]);
      if (fields.includes('external')) refuseIfAny(await idsOfOthers(write, [{ ...after, own: before.id }]));
      const takes = takesAdminsId(before, after.external);
      const change = takes ? `${before.login}: ${before.external} -> ${after.external ?? '–'}` : null;
      return { users: [before.id], change, before, after, fields };
    },
    apply: async (acting, { before, after, fields }) => {
      const { users } = acting.write;
      if (fields.includes('language')) await users.update(before.id, { language: after.language });
      const { name } = acting.by.operator;
      const others = fields.some((field) => field !== 'language');
      const [changed] = others ? await changePeople(acting, [{ account, before, after }], name) : [];
      const { moved = [], notices = [] } = changed ?? {};
      return { user: (await users.byId(before.id)) ?? before, fields, contacts: moved, notices };
    },
    entry: ({ fields, contacts, user: { external } }) => ({
      kind: 'user.edited',
      user: user.id,
      detail: { fields, contacts, ...(fields.includes('external') ? { external: external ?? '' } : {}) },
    }),
  });
}

const FAULTS = [
  ['name', faultOfName],
  ['email', faultOfEmail],
  ['external', faultOfExternal],
  ['phone', faultOfPhone],
] as const;

function wanted(before: User, edit: UserEdit) {
  const given = (field: 'name' | 'email' | 'phone') => (edit[field] === undefined ? before[field] : tidy(edit[field]));
  const language = edit.language === undefined ? before.language : edit.language || null;
  const external = edit.external === undefined ? before.external : tidy(edit.external) || null;
  const after = { name: given('name'), email: given('email'), phone: given('phone'), external, language };
  const changed = FAULTS.filter(([column]) => edit[column] !== undefined);
  refuseIfAny(changed.map(([column, faultOf]) => ({ column, message: faultOf(after[column] ?? '') })));
  return after;
}
