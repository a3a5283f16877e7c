/** What every `portal` command takes: the options, their input, the person that they name and the file of a device. Nothing is asked: the pages ask people. */

import * as z from 'zod';
import type { TrustEnded } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { Who } from '../../procedures/portal/customer-login.js';
import type { Context, Given, OptionSpec } from '../command.js';
import { inShell, pick } from '../wording/results.js';
import { type Words, wordsOf } from '../wording/words.js';

/** Those that name a person. */
export const PERSON_OPTIONS = [
  { flags: '--account <account>', about: 'your company: number, id or unique name' },
  { flags: '--as <login>', about: 'your login' },
] as const;

/** The options of every `portal` command. Put them after the command's other options. */
export const PORTAL_OPTIONS = [
  ...PERSON_OPTIONS,
  {
    flags: '--password-stdin',
    about: 'read your application password from standard input; signs in for this command alone',
  },
  { flags: '--code <code>', about: 'code of your second factor, or a backup code' },
  { flags: '--device <file>', about: 'file that remembers this device, as cookies do in a browser', path: 'here' },
] as const satisfies readonly OptionSpec[];

export type PortalGiven = Given<(typeof PORTAL_OPTIONS)[number]>;

/** The options that name a person, for a command that can be copied. */
export const optionsOf = ({ account, login }: Who): string => `--account ${account} --as ${inShell(login)}`;

export type PersonNamed = ReturnType<typeof personOf>;

/** Company and login. `--as` may give both: ACCOUNT/LOGIN. Refusal missing-option. */
export function personOf(context: Context, { account, as }: Pick<PortalGiven, 'account' | 'as'>) {
  const slash = account === undefined ? (as?.indexOf('/') ?? -1) : -1;
  if (as !== undefined && slash > 0) return { account: as.slice(0, slash), as: as.slice(slash + 1) };
  if (account === undefined) throw missing(context, '--account');
  if (as === undefined) throw missing(context, '--as');
  return { account, as };
}

/** Where a person would be asked, a script is told what to give. */
export function missing(context: Context, option: string): Refusal {
  const words = wordsOf(context);
  return new Refusal('missing-option', words('portal.missing', { option }), { hint: words('portal.missing-next') });
}

/** What a change of a password or a sign-in method has ended, as one line; none if it ended nothing (B82). */
export function endedLines({ sessionsEnded, devicesForgotten }: TrustEnded, words: Words): readonly string[] {
  if (sessionsEnded + devicesForgotten === 0) return [];
  return [words('portal.ended', { sessions: sessionsEnded, devices: devicesForgotten })];
}

/** The same for documents. */
export const endedFields = (ended: TrustEnded) => pick(ended, 'sessionsEnded', 'devicesForgotten');

/** The file of `--device`, which does what a cookie does in a browser: it has one token for each remembered login (B38, B39). */
const fileShape = () => z.object({ countersignDevice: z.literal(1), logins: z.record(z.string(), z.string()) });

type DeviceFile = z.infer<ReturnType<typeof fileShape>>;

/** `readFile` has accepted what is there; an emptied file is blank or `{}`. */
const DEVICE = { what: 'a device file', begins: /^\s*(\{\s*\}\s*$|\{\s*"countersignDevice"|$)/ };

/** Tokens of all logins in the file; none if the file does not exist. Refusal `invalid-input` for a file of another kind. */
export async function readDevices(context: Context, path: string | undefined): Promise<readonly string[]> {
  return path === undefined ? [] : Object.values((await readFile(context, path)).logins);
}

/** Adds or replaces the token of one login; the file is written whole, 0600. */
export async function writeDevice(context: Context, path: string, userId: string, token: string): Promise<void> {
  const { logins } = await readFile(context, path);
  const file: DeviceFile = { countersignDevice: 1, logins: { ...logins, [userId]: token } };
  await context.files.write(path, `${JSON.stringify(file, null, 2)}\n`, DEVICE);
}

async function readFile(context: Context, path: string): Promise<DeviceFile> {
  const text = (await context.files.exists(path)) ? await context.files.readText(path) : '';
  // An emptied file is like cleared cookies: the next login asks for a code (B39).
  if (/^\s*(\{\s*\})?\s*$/.test(text)) return { countersignDevice: 1, logins: {} };
  const parsed = fileShape().safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const words = wordsOf(context);
  throw new Refusal('invalid-input', words('portal.device-file', { path }), { hint: words('portal.device-file-next') });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
