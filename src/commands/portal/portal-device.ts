/** The file of `--device`, which does what a cookie does in a browser: it has one token for each remembered login (B38, B39). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import type { Context } from '../command.js';
import { wordsOf } from '../wording/words.js';

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
