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
import { type Words, wordsOf } from '../wording/words.js';
import { writeDevice } from './portal-device.js';

/** `too-early`: the user asked for it at a login that asked for no code, or that set the method up. */
export type Remembered = 'remembered' | 'too-early' | 'not-asked';

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
  const message = wordsOf(context)('portal.skip-code', { days: rememberDays });
  return (await context.ask.prompts('--remember')).confirm({ message });
}

export async function greeting(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  remembered: Remembered,
): Promise<Result> {
  const words = wordsOf(context);
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
  const ends = desk.now() + hours(desk.policy.limits.portalSession.hours);
  return {
    view: [
      block.lines(
        words('portal.signed-in', { login: user.login, name: user.name, account: account.name }),
        ...deviceLines(desk, remembered, words),
      ),
      ...warnings.map((warning) => block.note(words(`portal.${warning}`))),
    ],
    document: {
      session: {
        account: { id: account.id, number: account.number },
        user: { id: user.id, login: user.login },
        state: session.state,
        method: session.method,
        expiresAt: iso(ends),
      },
      device: remembered,
      warnings: warnings.map((code) => ({ code, message: words(`portal.${code}`) })),
    },
  };
}

function deviceLines(desk: Desk, remembered: Remembered, words: Words): readonly string[] {
  if (remembered === 'remembered') {
    return [words('portal.device-kept', { days: desk.policy.limits.device.rememberDays })];
  }
  if (remembered === 'not-asked') return [];
  return [words('portal.device-too-early')];
}
