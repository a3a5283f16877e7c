/**
 * The embedded default: every message becomes one file in `outbox/` of the data folder, so that the whole desk works with no network and no
 * account. E-mail as `<id>.eml` (RFC 5322, opens in a mail program), SMS as `<id>.txt`, webhooks as `<id>.json`, events as `<id>.event.json`.
 *
 * There is never half a file: the text is written and fsynced under another name, then renamed, then the folder is fsynced.
 * There are never two: the name is the message's id, and a file that exists is not written again.
 */

import { existsSync } from 'node:fs';
import { chmod, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.js';
import { type Channel, MESSAGE_KINDS, type Message, makeChannel, permanent, temporary } from './channel.js';
import { composeMail, isPlainAddress, type Sender, singleLine } from './mail.js';
import { eventOf } from './webhook.js';

export interface FileChannelOptions {
  readonly dataFolder: string;
  readonly sender: Sender;
  /** The last step, which makes the file visible. A test fails here to simulate a crash. */
  readonly rename?: (from: string, to: string) => Promise<void>;
}

const EXTENSIONS: Readonly<Record<Message['kind'], string>> = {
  email: 'eml',
  sms: 'txt',
  webhook: 'json',
  event: 'event.json',
};

export function openFileChannel(options: FileChannelOptions): Channel {
  return makeChannel({ name: 'file', carries: MESSAGE_KINDS }, async (message, context) => {
    if (context.signal?.aborted) return temporary('stopped before it was written');
    if (message.kind === 'email' && !isPlainAddress(message.to))
      return permanent('the recipient is not one plain e-mail address');
    const bytes = await textOf(message, options.sender);
    const folder = join(options.dataFolder, 'outbox');
    const name = `${message.id}.${EXTENSIONS[message.kind]}`;
    try {
      await putFile(folder, name, bytes, options.rename ?? rename);
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      return temporary(`the outbox folder could not be written (${code})`);
    }
    return { ok: true, reference: name };
  });
}

async function textOf(message: Message, sender: Sender): Promise<Buffer> {
  if (message.kind === 'webhook' || message.kind === 'event') return Buffer.from(`${eventOf(message)}\n`);
  if (message.kind === 'sms') {
    const date = new Date(message.createdAt).toISOString();
    return Buffer.from(`To: ${singleLine(message.to)}\nDate: ${date}\n\n${message.body}\n`);
  }
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: bytes } = await transport.sendMail(composeMail(message, sender));
  if (!Buffer.isBuffer(bytes)) throw new TypeError('the composed e-mail is not a buffer');
  return bytes;
}

/** Texts are written in a folder of their own, so that a search for leftovers does not list every message ever sent. */
const WRITING = '.writing';

/** Writes `name` in the folder with these bytes, durably. Safe if two processes write the same id. */
async function putFile(folder: string, name: string, bytes: Buffer, move: NonNullable<FileChannelOptions['rename']>) {
  const target = join(folder, name);
  makeFolder(folder);
  // mkdir does not change an existing folder, and the umask can change the mode of a new one.
  await chmod(folder, 0o700);
  if (!existsSync(target)) {
    // Each writer has its own folder (0700, random name), so it cannot rename the unfinished text of another writer.
    makeFolder(join(folder, WRITING));
    const scratch = await mkdtemp(join(folder, WRITING, `${name}-`));
    await writeDurably(join(scratch, name), bytes);
    try {
      await move(join(scratch, name), target);
    } catch (error) {
      // A second writer of this id was faster and has removed our scratch folder.
      if (!existsSync(target)) throw error;
    }
  }
  await syncFolder(folder);
  await sweep(join(folder, WRITING), name);
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself survive a power cut. On Windows folders cannot be opened, and the system does this. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES'].includes(systemCode(error) ?? '')) throw error;
  }
}

/** Removes what crashed attempts at this id left behind, because it contains the message's text. */
async function sweep(folder: string, name: string): Promise<void> {
  for (const entry of existsSync(folder) ? await readdir(folder) : []) {
    if (entry.startsWith(`${name}-`)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

/** `ENOSPC` and the like; undefined for anything that did not come from the operating system. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]{1,20}$/.test(error.code) ? error.code : undefined;
}
