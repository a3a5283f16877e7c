/**
 * Logins change between the password and single sign-on (B36, B84), with a second operator. Whatever the old way vouched for ends (B82):
 * sessions, devices, open invitations; and for those who sign in by single sign-on only, the password and the owner's copy that it opens.
 * Admins keep their password as the back-up. Those who come to have one get an invitation next.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import type { Account, SignIn, User } from '../../rules/people.js';
import { type Acting, askAuthority } from '../authorise.js';
import { destroyOwnerCopy } from '../portal/owner-copy.js';
import { CHANGING_POWER, withSecondOperator } from './with-second-operator.js';

export interface SignInWish {
  readonly signIn: SignIn;
  /** One login, or null for all of the company. */
  readonly user: User | null;
  readonly reason: string;
}

export type SignInChanged = Awaited<ReturnType<typeof apply>>;

/** Null if nothing has to change. Refusals: approval-needed, config (no single sign-on is set up). */
export async function changeSignIn(desk: Desk, signed: SignedOperator, account: Account, wanting: SignInWish) {
  const { signIn, user, reason } = wanting;
  await askAuthority(desk, signed, CHANGING_POWER);
  const others = (users: readonly User[]) => users.filter((one) => one.signIn !== signIn);
  const wanted = others(user === null ? await desk.store.read.users.ofAccount(account.id) : [user]);
  if (wanted.length === 0) return null;
  const wish = { why: 'sign-in-kind', account, reason } as const;
  const done = await withSecondOperator(desk, signed, wish, {
    plan: async ({ write }) => {
      const settings = await write.accounts.ssoSettings(account.id);
      if (signIn === 'sso' && (settings?.issuer == null || settings.audience === null || settings.jwks === null)) {
        throw refusal('config', 'sso-not-set-up', { account: account.number }, 'sso-together');
      }
      const now = others(await write.users.ofAccount(account.id));
      const found = user === null ? now : now.filter(({ id }) => id === user.id);
      const whom = user === null ? `all ${found.length} others` : user.login;
      return { users: found.map(({ id }) => id), change: `${whom} -> ${signIn}`, found };
    },
    apply: (acting, { found }) => apply(acting, account, found, signIn),
    entry: ({ users, passwordsEnded, sessionsEnded }) => {
      const detail = { signIn, passwordsEnded, sessionsEnded };
      if (user !== null) return { kind: 'user.sign-in-changed', user: user.id, detail };
      return { kind: 'account.sign-in-changed', detail: { ...detail, logins: users.length } };
    },
  });
  if (done.passwordsEnded > 0) await desk.store.forgetDeleted();
  return done;
}

/** `withoutEmail`: logins that cannot be invited: they have neither a password nor an address. */
async function apply(acting: Acting<'directory:write'>, account: Account, users: readonly User[], signIn: SignIn) {
  const { desk, write, now } = acting;
  let passwordsEnded = 0;
  const withoutEmail: string[] = [];
  for (const user of users) {
    await write.users.update(user.id, { sign_in: signIn, updated_at: now });
    await write.factors.deleteCodes(user.id, ['activate']);
    const keeps = hasAdminStatus(desk.policy, account, user);
    if (signIn === 'sso' && !keeps && (await write.secrets.deleteApplicationPassword(user.id))) {
      passwordsEnded += 1;
      await destroyOwnerCopy(write, user.id);
    }
    const hasPassword = (await write.secrets.applicationPassword(user.id)) !== undefined;
    if (signIn === 'native' && user.email === '' && !hasPassword) withoutEmail.push(user.login);
  }
  const { sessionsEnded } = await write.trust.end(users.map(({ id }) => id));
  return { users, passwordsEnded, sessionsEnded, withoutEmail };
}
