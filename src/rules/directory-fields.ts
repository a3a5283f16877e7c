/**
 * What each field of the directory may contain, the same for a file, an option and a prompt. A check returns what is wrong as
 * half a sentence ("is empty"), or undefined. Texts are tidied first. Invisible characters are refused, because names appear on
 * operators' screens and in mails (T12).
 */
import { foldKey } from './directory-keys.js';
import type { User } from './people.js';
import { phoneDigits } from './phone-number.js';

/** One spelling per text: NFC, no white space around it, and plain spaces for those that do not break. */
export const tidy = (text: string): string => text.normalize('NFC').replace(NO_BREAK, ' ').trim();
const NO_BREAK = /[\u00a0\u2007\u202f]/g;

/** Control, format, private, unassigned and half characters. Joiners are allowed: Persian, Indic and emoji names need them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const JOINER = /\u200c|\u200d/;
const JOINERS = /\u200c|\u200d/g;
/** Stricter than RFC 5321: one address, without quotes, comments or lists, with a dot in the host. */
const EMAIL =
  /^[^\s\p{C}<>()[\]\\,;:"'@][^\s\p{C}<>()[\]\\,;:"@]{0,63}@[^\s\p{C}<>()[\]\\,;:"@.]+(\.[^\s\p{C}<>()[\]\\,;:"@.]+)+$/u;

const LATIN = /\p{Script=Latin}/u;
const LOOK_ALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;

const PHONE = /^[\d +()[\]./~\-\u2010-\u2015\u2212\u30fc#x]*(ext\.?[\d ]+)?$/iu;

type Fault = string | undefined;

const unless = (form: RegExp, text: string, fault: string): Fault => (form.test(text) ? undefined : fault);

/** Visible text on one line, at most `most` code points. */
function faultOfText(text: string, most: number): Fault {
  if (text === '' || foldKey(text) === '') return 'is empty';
  if ([...text].length > most) return `is longer than ${most} characters`;
  return UNSEEN.test(text.replace(JOINERS, '')) ? 'holds a control or unseen character' : undefined;
}

/** An account's number: no space or slash, because `ACCOUNT/LOGIN` is one word. */
export const faultOfNumber = (text: string): Fault =>
  faultOfText(text, 40) ??
  unless(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, text, 'must be letters and digits, with . _ - between them');

/** The name of a person, a company or a sign-on provider. */
export const faultOfName = (text: string): Fault => faultOfText(text, 200);

export function faultOfLogin(text: string): Fault {
  const fault = faultOfText(text, 100);
  if (fault !== undefined) return fault;
  if (text.startsWith('usr_')) return 'must not look like an id (usr_…)';
  if (JOINER.test(text)) return 'holds a control or unseen character';
  // One Cyrillic letter in a Latin word makes another login that looks the same on every screen.
  if (text.split(/[^\p{L}\p{M}]/u).some((word) => LATIN.test(word) && LOOK_ALIKE.test(word)))
    return 'mixes letters of two alphabets in one word';
  return unless(/^[^\s/,;"'-][^\s/,;"]*$/u, text, 'must hold no space, slash, comma or quotes, and not begin with -');
}

/** Empty means that none is on file. */
export const faultOfEmail = (text: string): Fault =>
  text === '' || (text.length <= 254 && EMAIL.test(text)) ? undefined : 'is not one plain e-mail address';

/** The name of a connector and an id there, `okta:00u1a2b3`; empty if it is not known. */
export const faultOfExternal = (text: string): Fault =>
  text === '' || /^[a-z0-9][a-z0-9_-]{0,39}:[^\s\p{C}]{1,200}$/u.test(text)
    ? undefined
    : 'must be the name of a connector and an id, as okta:00u1a2b3';

/** For comparing ids at other systems: many of these take capitals for the same (of ASCII only; for others they disagree), so nobody here differs by them. */
export const externalKey = (external: string): string =>
  external.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The person's id there, with the connector's name before it; null where the one on file is of another system. */
export const externalAt = (connector: string | null, { external }: Pick<User, 'external'>): string | null =>
  connector !== null && external?.startsWith(`${connector}:`) ? external : null;

/** A phone number as an operator types it; empty if none is on file. */
export function faultOfPhone(text: string): Fault {
  const fault = faultOfPhoneOnFile(text);
  if (text === '' || fault !== undefined) return fault;
  const digits = phoneDigits(text).length;
  if (digits < 3 || digits > 20) return 'must hold 3 to 20 digits';
  return unless(PHONE, text.normalize('NFKC'), 'is not a phone number');
}

/** A phone number in a directory file: kept as written, whatever it is, and compared by its digits. */
export function faultOfPhoneOnFile(text: string): Fault {
  return text === '' ? undefined : faultOfText(text, 40);
}

/** For comparing mail addresses: two spellings that differ in case reach the same box almost everywhere. */
export const sameEmail = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** `nancy@alfki.example` as `n…@alfki.example`: enough to recognise, too little to write to. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = [...address];
  return at < 1 ? '…' : `${first}…${address.slice(at)}`;
}

/** `n…@alfki.example`, or `…57` for a phone: its last two digits. Empty if none is on file. */
export function maskedContact(kind: 'email' | 'phone', contact: string): string {
  if (contact === '') return '';
  return kind === 'email' ? maskedAddress(contact) : `…${phoneDigits(contact).slice(-2)}`;
}

/** The most rows of a list or a search for operators who see contacts only in a call (B83). */
export const ROWS_IN_A_CALL = 20;

/** The most pages of a search for them. */
export const PAGES_IN_A_CALL = 5;
