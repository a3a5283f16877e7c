/** Adds one company or one login from options, by the same rules as an import (rules/directory-rows.ts). */
import type { Desk, SignedOperator } from '../../desk.js';
import { type Problem, type Refusal, refusal } from '../../errors.js';
import { tidy } from '../../rules/directory-fields.js';
import { faultsInAccount } from '../../rules/directory-import.js';
import { foldKey } from '../../rules/directory-keys.js';
import { type Judged, judgeAccount, judgeUser } from '../../rules/directory-rows.js';
import type { Account, Owner } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { accountOf, accountSearchKeys, newAccountRow, newUserRow, userSearchKeys } from './directory-rows-of-store.js';
import { findAccount } from './find-account.js';
import { holdOnGain } from './hold-power.js';
import { makeRoom, SILENT } from './room-for-import.js';

const ADDING = { permission: 'directory:write' } as const;

/** Refusal `invalid-input`: an unknown edition (B01, never defaulted), a number that is taken, a text that breaks a rule. */
export async function addAccount(
  desk: Desk,
  signed: SignedOperator,
  request: { number: string; name: string; edition: string; sso?: string | undefined; country?: string | undefined },
): Promise<Account> {
  await forgetSilent(desk, signed);
  const { number, name, edition, sso = '', country = '' } = request;
  const entry = entryOf(judgeAccount(tidied({ number, name, edition, sso, country })));
  const account = accountOf(desk.newId('acc'), entry);
  const detail = { number: account.number, edition: account.edition };
  await act(desk, signed, ADDING, {
    entry: () => ({ kind: 'account.added', account: account.id, detail }),
    change: async ({ write, now }) => {
      const [taken] = await write.accounts.byNumbers([entry.numberKey]);
      if (taken !== undefined) {
        const facts = { number: taken.number, name: taken.name };
        throw refusal('invalid-input', 'account-number-taken', facts, 'show-account');
      }
      if (await write.imports.claims(entry)) throw importUnderWay();
      await write.accounts.insert([newAccountRow(account.id, entry, now)]);
      await write.search.insert([accountSearchKeys(account.id, account)]);
    },
  });
  return account;
}

/** `account`: number, id or unique name. */
export interface NewUserRequest
  extends Readonly<Record<'account' | 'login' | 'name' | 'email' | 'phone' | 'role' | 'signIn', string>> {
  readonly scopes: readonly string[];
}

const tidied = <Name extends string>(texts: Readonly<Record<Name, string>>) =>
  Object.fromEntries(Object.entries<string>(texts).map(([name, text]) => [name, tidy(text)])) as Record<Name, string>;

/**
 * Refusals: not-found or ambiguous (account); `invalid-input` for a role of another edition, a scope the role cannot have, a
 * login that is taken.
 */
export async function addUser(desk: Desk, signed: SignedOperator, request: NewUserRequest) {
  await forgetSilent(desk, signed);
  const account = await findAccount(desk, request.account);
  const { login, name, email, phone, role, signIn } = request;
  const given = tidied({ login, name, email, phone, role, sign_in: signIn });
  const texts = { ...given, account: account.number, scopes: request.scopes.join(' ') };
  const read = await desk.phones();
  const entry = { ...entryOf(judgeUser(desk.policy, texts)), dialled: read(texts.phone, account.country) };
  refuseIfAny(faultsInAccount(desk.policy, account, entry));
  const id = desk.newId('usr');
  return act<'directory:write', Owner>(desk, signed, ADDING, {
    entry: ({ user }) => ({
      kind: 'user.added',
      account: account.id,
      user: id,
      detail: { login: user.login, role: user.role, scopes: [...user.scopes], heldUntil: user.powerHeldUntil },
    }),
    change: async (acting) => {
      const { write, now } = acting;
      const taken = await write.users.byLogin(account.id, entry.loginKey);
      if (taken !== undefined)
        throw refusal('invalid-input', 'login-taken', { number: account.number, login: taken.login }, 'show-user');
      if (await write.imports.claims({ accountId: account.id, loginKey: entry.loginKey })) throw importUnderWay();
      const after = { role: entry.role, scopes: entry.scopes ?? [] };
      const held = await holdOnGain(acting, account, { id, powerHeldUntil: null }, { before: null, after });
      await write.users.insert([newUserRow(id, account.id, entry, now, held)]);
      await write.search.insert([userSearchKeys(id, { ...entry, phone: entry.phone ?? '' }, entry.dialled)]);
      const user = await write.users.byLogin(account.id, foldKey(entry.login));
      if (user === undefined) throw new Error('a login that was just added is not there');
      return { account, user };
    },
  });
}

/** What a killed import has left bars nobody (room-for-import.ts). */
export async function forgetSilent(desk: Desk, signed: SignedOperator): Promise<void> {
  await askAuthority(desk, signed, ADDING);
  const left = (await desk.store.read.imports.all()).filter(
    (row) => row.state !== 'settled' && row.seen_at + SILENT <= desk.now(),
  );
  if (left.length > 0) await makeRoom(desk, signed);
}

/** An import that is being written adds the same number or login. */
const importUnderWay = () => refusal('busy', 'import-under-way', {}, 'try-again');

function entryOf<T>(judged: Judged<T>): T {
  if ('entry' in judged) return judged.entry;
  throw valuesWrong(judged.problems);
}

/** Faults of what was given; a column is named as in a file. Without a message nothing is wrong with it. */
export function refuseIfAny(
  found: readonly { readonly line?: number; readonly column?: string; readonly message: string | undefined }[],
): void {
  const faults = found.flatMap(({ message, ...place }) => (message === undefined ? [] : [{ ...place, message }]));
  if (faults.length > 0) throw valuesWrong(faults);
}

const valuesWrong = (faults: readonly Problem[]): Refusal =>
  refusal('invalid-input', 'values-wrong', { faults }, 'nothing-changed');
