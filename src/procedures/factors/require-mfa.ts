/**
 * An admin of a company turns multi-factor authentication on or off for all of it (B30, B32, B37). Devices that were remembered before
 * are forgotten either way, so that off and on again revives none; when it is turned on, sessions that gave no factor end (B33, B82).
 */
import type { Desk, Reads, TrustEnded } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoginMethod } from '../../rules/mfa-login.js';
import type { Account } from '../../rules/people.js';
import { userFactors } from '../codes/user-factors.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import { NOTHING_ENDED, type PortalLogin } from '../portal/customer-login.js';

const REQUIRING = { lock: 'company:mfa' } as const;

/**
 * `unchanged`: it was set so already. `withoutFactor`: users who will be asked to set up a method at their next login. Refusals: forbidden (not
 * an admin), factor-needed (a remembered device), refused-by-policy (edition, B30). It cannot be asked for one user only (B32).
 */
export async function requireMfa(desk: Desk, login: PortalLogin, on: boolean) {
  await askOwner(desk, login, REQUIRING);
  const result = await actAsOwner(desk, login, REQUIRING, {
    change: async (acting) => {
      const { write, now, by } = acting;
      const { account } = by.login;
      const warnings = await warningsFor(write, account);
      const unchanged = (account.mfaRequiredAt !== null) === on;
      if (!unchanged) await write.accounts.update(account.id, { mfa_required_at: on ? now : null, updated_at: now });
      const ended = unchanged ? NOTHING_ENDED : await endWhatCounts(acting, on);
      return { required: on, unchanged, warnings: on ? warnings : [], ...ended };
    },
    entry: ({ unchanged, sessionsEnded, devicesForgotten }) => ({
      kind: on ? 'mfa.required' : 'mfa.not-required',
      detail: { unchanged, sessionsEnded, devicesForgotten },
    }),
  });
  return { ...result, withoutFactor: on ? (await countAsked(desk, login.account.id)).withoutFactor : 0 };
}

/** Ways to sign in that gave no factor. */
const BY_DEVICE: LoginMethod = 'password+device';
const WITHOUT_FACTOR: readonly LoginMethod[] = ['password', BY_DEVICE];

/** The session of the admin who acts goes on. */
async function endWhatCounts({ write, by }: ActingOwner<'company:mfa'>, on: boolean): Promise<TrustEnded> {
  const { account, session } = by.login;
  const users = (await write.users.ofAccount(account.id)).map(({ id }) => id);
  return write.trust.end(users, { keepSession: session.sessionId, methods: on ? WITHOUT_FACTOR : [BY_DEVICE] });
}

/** No reset by phone any more (B63). Only the desk lifts it, by a written request. Refusals: as `requireMfa`, without the edition. */
export async function forbidPhoneResets(desk: Desk, login: PortalLogin): Promise<void> {
  await askOwner(desk, login, REQUIRING);
  await actAsOwner<'company:mfa', void>(desk, login, REQUIRING, {
    entry: () => ({ kind: 'account.edited', detail: { fields: ['phone-resets'], phoneResets: 'forbidden' } }),
    change: ({ write, now, by }) =>
      write.accounts.update(by.login.account.id, { phone_reset_forbidden: 1, updated_at: now }),
  });
}

/** What turning it on would mean, to be read before it is done. Refusals: as `requireMfa`. */
export async function foreseeMfa(desk: Desk, login: PortalLogin) {
  await askOwner(desk, login, REQUIRING);
  const { account } = login;
  const warnings = await warningsFor(desk.store.read, account);
  return { ...(await countAsked(desk, account.id)), warnings };
}

/** Users who sign in by password, so that each login on a new device asks them for a code; and those of them who will set up a method. */
async function countAsked(desk: Desk, accountId: string) {
  let [asked, withoutFactor] = [0, 0];
  for (const user of await desk.store.read.users.ofAccount(accountId)) {
    if (user.disabledAt !== null || user.signIn === 'sso') continue;
    asked += 1;
    const { active, backupCodesLeft } = await userFactors(desk, desk.store.read.factors, user.id);
    // Backup codes alone are a way to sign in too (B41).
    if (active.length === 0 && backupCodesLeft === 0) withoutFactor += 1;
  }
  return { asked, withoutFactor };
}

/** `sso-and-mfa`: consider whether both are needed; SSO logins are not prompted (B35, B37). */
async function warningsFor({ accounts }: Pick<Reads, 'accounts'>, { id, edition, sso }: Account) {
  if (edition !== 'x-series') throw refusal('refused-by-policy', 'mfa-not-in-edition', {}, 'desk-moves-edition');
  const hasSso = sso !== null || (await accounts.ssoSettings(id))?.issuer != null;
  return hasSso ? (['sso-and-mfa'] as const) : [];
}
