/** Company-wide multi-factor authentication, on or off, by an admin of the company (B30, B32, B37). */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { decideRequireMfa, type RequireMfaWarning } from '../../rules/mfa-login.js';
import { userFactors } from '../codes/user-factors.js';
import { finishedLogin, ownerEntryBase, type PortalLogin } from '../portal/authenticate-user.js';
import { holdsEverything } from '../portal/open-session.js';
import { requireMoreThanDevice } from '../portal/owner-proof.js';

export interface RequireMfaOutcome {
  readonly required: boolean;
  /** It stood so already. */
  readonly unchanged: boolean;
  readonly warnings: readonly RequireMfaWarning[];
  /** Users who will be asked to set a method up at their next login. */
  readonly withoutFactor: number;
}

/** Refusals: refused-by-policy (edition, B30), forbidden (not an admin), factor-needed (a remembered device). There is no way to name one user (B32). */
export async function requireMfa(desk: Desk, login: PortalLogin, on: boolean): Promise<RequireMfaOutcome> {
  const at = desk.now();
  const settings = await desk.store.read.accounts.ssoSettings(login.account.id);
  const base = {
    ...ownerEntryBase(desk, login.user),
    kind: on ? 'mfa.required' : 'mfa.not-required',
    outcome: 'done',
  } as const;
  const result = await desk.store.record<Omit<RequireMfaOutcome, 'withoutFactor'>>(
    ({ unchanged }) => ({ ...base, detail: { unchanged } }),
    async (write, log) => {
      const current = await finishedLogin(desk, write, log, login);
      requireMoreThanDevice(current);
      const { account, user } = current;
      const decision = decideRequireMfa({
        edition: account.edition,
        isAdmin: holdsEverything(desk, account, user),
        accountHasSso: account.sso !== null || settings?.issuer != null,
      });
      if (!decision.allowed) throw notAllowed(decision.reason);
      const unchanged = (account.mfaRequiredAt !== null) === on;
      if (!unchanged) await write.accounts.update(account.id, { mfa_required_at: on ? at : null, updated_at: at });
      const warnings = on ? decision.warnings : [];
      return { required: on, unchanged, warnings };
    },
  );
  return { ...result, withoutFactor: on ? await countWithout(desk, login.account.id) : 0 };
}

async function countWithout(desk: Desk, accountId: string): Promise<number> {
  let without = 0;
  for (const user of await desk.store.read.users.ofAccount(accountId)) {
    if (user.disabledAt !== null || user.signIn === 'sso') continue;
    const { active, backupCodesLeft } = await userFactors(desk, desk.store.read.factors, user.id);
    // Backup codes alone are a way to sign in too (B41).
    if (active.length === 0 && backupCodesLeft === 0) without += 1;
  }
  return without;
}

function notAllowed(reason: 'mfa-not-in-edition' | 'not-an-admin'): Refusal {
  if (reason === 'mfa-not-in-edition') {
    return new Refusal(
      'refused-by-policy',
      'multi-factor authentication belongs to X Series accounts; yours is classic',
      {
        hint: 'Ask your support desk about moving to X Series.',
      },
    );
  }
  return new Refusal('forbidden', 'only an admin of your company may require multi-factor authentication', {
    hint: 'Ask an admin. You can set up a method for yourself: countersign portal mfa add totp',
  });
}
