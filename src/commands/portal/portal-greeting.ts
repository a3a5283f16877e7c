/** What a finished portal login shows: who is signed in, until when, warnings (B41), and whether this device is remembered (B38). */
import type { Desk } from '../../desk.js';
import { listFactors } from '../../procedures/factors/manage-factors.js';
import type { PortalLogin } from '../../procedures/portal/customer-login.js';
import { passphraseOf } from '../../procedures/portal/read-profile.js';
import { mayRemember, rememberDevice } from '../../procedures/portal/remember-device.js';
import { hours } from '../../rules/duration.js';
import { type LoginWarning, loginWarnings } from '../../rules/mfa-login.js';
import { iso } from '../../rules/moment.js';
import type { Context, Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { writeDevice } from './portal-device.js';

/** `too-early`: the user asked for it at a login that asked for no code, or that set the method up. */
export type Remembered = 'remembered' | 'too-early' | 'not-asked';

const WARNINGS: Readonly<Record<LoginWarning, string>> = {
  'passphrase-heard':
    'An operator of the support desk has heard your passphrase. Set one that only you know: countersign portal passphrase set',
  'no-backup-codes':
    'You have no backup codes. Get some in case you lose your method: countersign portal mfa backup-codes',
  'only-backup-codes':
    'Backup codes are your only method, and each works once. Set up another: countersign portal mfa add totp',
};

/** Remembers the device if the user wants that and this login allows it. */
export async function keepDevice(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  given: { readonly device?: string | undefined; readonly remember: boolean },
): Promise<Remembered> {
  const { device } = given;
  if (device === undefined) return 'not-asked';
  if (!mayRemember(login)) return given.remember ? 'too-early' : 'not-asked';
  if (!given.remember && !(await wishes(context, desk))) return 'not-asked';
  await writeDevice(context, device, login.user.id, await rememberDevice(desk, login));
  return 'remembered';
}

async function wishes(context: Context, desk: Desk): Promise<boolean> {
  if (!context.ask.possible) return false;
  const { rememberDays } = desk.policy.limits.device;
  const message = `Skip the code on this device for ${rememberDays} days?`;
  return (await context.ask.prompts('--remember')).confirm({ message });
}

export async function greeting(desk: Desk, login: PortalLogin, remembered: Remembered): Promise<Result> {
  const { account, user, session } = login;
  const { factors, backupCodesLeft } = await listFactors(desk, login);
  const heard = (await passphraseOf(desk, login)).state === 'desk';
  const ofMfa = loginWarnings({
    mfaRequired: account.mfaRequiredAt !== null,
    method: session.method === 'sso' ? 'sso' : 'native',
    factors: factors.filter((factor) => factor.state === 'active').map((factor) => factor.kind),
    backupCodesLeft,
  });
  const warnings: readonly LoginWarning[] = heard ? ['passphrase-heard', ...ofMfa] : ofMfa;
  const ends = iso(desk.now() + hours(desk.policy.limits.portalSession.hours));
  return {
    view: [
      block.lines(`Signed in as ${user.login} (${user.name}) at ${account.name}.`, ...deviceLines(desk, remembered)),
      ...warnings.map((warning) => block.note(WARNINGS[warning])),
    ],
    document: {
      session: {
        account: { id: account.id, number: account.number },
        user: { id: user.id, login: user.login },
        state: session.state,
        method: session.method,
        expiresAt: ends,
      },
      device: remembered,
      warnings: warnings.map((code) => ({ code, message: WARNINGS[code] })),
    },
  };
}

function deviceLines(desk: Desk, remembered: Remembered): readonly string[] {
  if (remembered === 'remembered') {
    return [`This device is not asked for a code for ${desk.policy.limits.device.rememberDays} days.`];
  }
  if (remembered === 'not-asked') return [];
  return ['This device was not remembered. You can choose that at a login that asks for a code.'];
}
