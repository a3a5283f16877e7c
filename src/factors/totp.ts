/**
 * The authenticator app (B31): TOTP of RFC 6238, with the parameters that every app knows (SHA-1, 6 digits, 30 s) and a seed
 * of 160 bits (RFC 4226, section 4). The only user of otplib, which is loaded on first use. otplib throws on a malformed
 * code and on a stored step ahead of the clock, so this file answers both before it calls otplib. It passes in the system's HMAC, which
 * makes a check a third faster than otplib's own.
 */
import type { CryptoPlugin } from 'otplib';
import type { BeginInput, CheckInput, CheckResult, Enrolment, GeneratedFactor, RandomBytes } from './factor.js';
import { readTypedCode } from './typed-code.js';

const SEED_BYTES = 20;
/** Length of each of the three labels, percent-encoded in the URI. The QR code of the longest is 65 squares wide. */
const LONGEST_LABEL = 64;
/** Used if nothing of the login is left after cleaning, because an app needs a label. */
const NO_LABEL = 'login';

export const totp = {
  id: 'totp',
  title: 'Authenticator app',
  question: 'Code from your authenticator app',
  credential: 'app',
  family: 'generated',
  begin,
  check,
} as const satisfies GeneratedFactor;

async function begin(input: BeginInput): Promise<Enrolment> {
  const { generateSecret, generateURI } = await import('otplib/functional');
  const seed = input.random(SEED_BYTES);
  if (seed.length !== SEED_BYTES) throw new RangeError(`A TOTP seed needs ${SEED_BYTES} random bytes.`);
  const secret = generateSecret({ length: SEED_BYTES, crypto: chanceOnly(() => seed) });
  const uri = generateURI({
    issuer: cleanLabel(input.issuer),
    label: accountLabel(input.login, input.accountName),
    secret,
    digits: input.settings.digits,
    period: input.settings.stepSeconds,
  });
  return { secret, uri, secretBase32: secret.replace(/.{4}(?=.)/g, '$& ') };
}

async function check(input: CheckInput): Promise<CheckResult> {
  const { secret, now, lastStep, settings } = input;
  const code = readTypedCode(input.code, settings.digits);
  const seconds = Math.floor(now / 1000);
  const step = Math.floor(seconds / settings.stepSeconds);
  if (code === null || !(step >= 0)) return { ok: false };
  // No code can be accepted: the code of this step was used, or the clock was set back.
  if (lastStep !== null && lastStep >= step) return { ok: false };
  const { verify } = await import('otplib/functional');
  const result = await verify({
    secret,
    token: code,
    epoch: seconds,
    digits: settings.digits,
    period: settings.stepSeconds,
    epochTolerance: [settings.stepsBack * settings.stepSeconds, 0],
    ...(lastStep === null ? {} : { afterTimeStep: lastStep }),
    crypto: checkOnly(input),
  });
  return result.valid && 'timeStep' in result ? { ok: true, step: result.timeStep } : { ok: false };
}

/** The code that an app shows at a time, or some steps before. Only the demo needs it, whose people have no phone. */
export async function codeAt(
  secretBase32: string,
  now: number,
  given: Pick<CheckInput, 'hmacSha1' | 'settings'> & { readonly stepsBack: number },
): Promise<string> {
  const { generate } = await import('otplib/functional');
  const { digits, stepSeconds } = given.settings;
  return generate({
    secret: secretBase32.replaceAll(' ', ''),
    epoch: Math.floor(now / 1000) - given.stepsBack * stepSeconds,
    digits,
    period: stepSeconds,
    crypto: checkOnly({ ...given, equal: unused }),
  });
}

/**
 * A text that is safe in an otpauth label. There a colon separates issuer from login (Key URI format), and control, bidi and invisible
 * characters could make a name look like another in the app, so all of them are removed. The text is cut at a whole character, so that the
 * QR code fits a terminal. The result may be empty.
 */
export function cleanLabel(text: string): string {
  const visible = text
    .normalize('NFC')
    .replace(/[:\s\p{Cc}]+/gu, ' ')
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
    .trim();
  let label = '';
  for (const character of visible) {
    if (encodeURIComponent(label + character).length > LONGEST_LABEL) break;
    label += character;
  }
  return label.trim();
}

/** `ana (Contoso Ltd)`, because a person may have logins in several companies and must tell their codes apart. */
function accountLabel(login: string, accountName: string): string {
  const who = cleanLabel(login) || NO_LABEL;
  const where = cleanLabel(accountName);
  return where === '' ? who : `${who} (${where})`;
}

/** otplib wants one object for all cryptography. Each use gets only the part that it needs; the rest throws. */
function chanceOnly(random: RandomBytes): CryptoPlugin {
  return { name: 'handed-in', randomBytes: random, hmac: unused, constantTimeEqual: unused };
}

function checkOnly({ hmacSha1, equal }: Pick<CheckInput, 'hmacSha1' | 'equal'>): CryptoPlugin {
  return {
    name: 'handed-in',
    algorithms: ['sha1'],
    randomBytes: unused,
    hmac: (_algorithm, key, data) => hmacSha1(key, data),
    constantTimeEqual: (a, b) => equal(String(a), String(b)),
  };
}

function unused(): never {
  throw new Error('otplib asked for cryptography that this use does not need.');
}
