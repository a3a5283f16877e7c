import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';

import { openFileChannel } from '../../src/delivery/file.js';
import { attempt, CODE, message, NOW, temporaryFolder } from './servers.js';

const SENDER = { name: 'Support desk', address: 'desk@example.com' };
const modeOf = (path: string) => statSync(path).mode & 0o777;
/** Everything in the outbox but the empty folder in which texts are being written. */
const allNames = (folder: string) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name !== '.writing')
    .sort();

describe('the outbox folder', () => {
  it('holds an e-mail as a file that a mail program opens', async () => {
    const dataFolder = temporaryFolder();
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    const body = `Grüße, Ana\n\n    ${CODE}\n.\nend`;
    const sent = await channel.send(message('email', { subject: 'Zurücksetzen – 日本', body }), attempt());
    expect(sent).toEqual({ ok: true, reference: 'msg_0190.eml' });
    const raw = readFileSync(join(dataFolder, 'outbox', 'msg_0190.eml'));
    const mail = await PostalMime.parse(raw);
    expect(mail).toMatchObject({
      from: SENDER,
      to: [{ address: 'ana@northwind.example' }],
      subject: 'Zurücksetzen – 日本',
      messageId: '<msg_0190@example.com>',
      date: new Date(NOW).toISOString(),
    });
    expect(mail.text?.trimEnd()).toBe(body);
    expect(raw.toString('latin1')).not.toMatch(/[^\r]\n/);
  });

  it('holds every line of a mail whole, also where an accent in it must be encoded', async () => {
    const dataFolder = temporaryFolder();
    const lines = [
      'Hello Zoë Łarsen,',
      '',
      'x '.repeat(35).trim(),
      '',
      `    ${CODE}`,
      '',
      'y '.repeat(35).trim(),
      'end',
    ];
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    await channel.send(message('email', { body: lines.join('\n') }), attempt());
    const raw = readFileSync(join(dataFolder, 'outbox', 'msg_0190.eml'), 'latin1');
    expect(raw).toMatch(/quoted-printable/);
    expect(raw.split('\r\n')).toEqual(expect.arrayContaining(lines.slice(1)));
    expect((await PostalMime.parse(raw)).text?.trimEnd()).toBe(lines.join('\n'));
  });

  it('holds an SMS as text and an event as JSON', async () => {
    const dataFolder = temporaryFolder();
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    await channel.send(message('sms'), attempt());
    await channel.send(message('webhook'), attempt());
    const text = readFileSync(join(dataFolder, 'outbox', 'msg_0190.txt'), 'utf8');
    expect(text).toBe(`To: +15550100100\nDate: 2026-11-22T10:00:00.000Z\n\n${CODE} is your code.\n`);
    const event: unknown = JSON.parse(readFileSync(join(dataFolder, 'outbox', 'msg_0190.json'), 'utf8'));
    expect(event).toEqual({
      type: 'mfa.reset',
      timestamp: '2026-11-22T10:00:00.000Z',
      data: { user: 'usr_1', secret: CODE },
    });
  });

  it('is closed to others (0700, files 0600), also where it stood open before', async () => {
    const dataFolder = temporaryFolder();
    mkdirSync(join(dataFolder, 'outbox'));
    chmodSync(join(dataFolder, 'outbox'), 0o777);
    await openFileChannel({ dataFolder, sender: SENDER }).send(message('sms'), attempt());
    expect(modeOf(join(dataFolder, 'outbox'))).toBe(0o700);
    expect(modeOf(join(dataFolder, 'outbox', 'msg_0190.txt'))).toBe(0o600);
  });

  it('holds one file for one id, however often and from however many senders at once', async () => {
    const dataFolder = temporaryFolder();
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    await channel.send(message('email'), attempt());
    const path = join(dataFolder, 'outbox', 'msg_0190.eml');
    const before = { text: readFileSync(path, 'utf8'), ino: statSync(path).ino };
    expect(await channel.send(message('email'), attempt({ attempt: 2 }))).toEqual({
      ok: true,
      reference: 'msg_0190.eml',
    });
    expect({ text: readFileSync(path, 'utf8'), ino: statSync(path).ino }).toEqual(before);
    const many = await Promise.all(
      Array.from({ length: 8 }, () => channel.send(message('email', { id: 'msg_many' }), attempt())),
    );
    // Losing the race may be "try again", never a second file or half a file.
    expect(many.some((each) => each.ok)).toBe(true);
    expect(many.every((each) => each.ok || !each.permanent)).toBe(true);
    await channel.send(message('email', { id: 'msg_many' }), attempt());
    expect(allNames(join(dataFolder, 'outbox'))).toEqual(['msg_0190.eml', 'msg_many.eml']);
    expect(readFileSync(join(dataFolder, 'outbox', 'msg_many.eml'), 'utf8')).toBe(
      before.text.replaceAll('0190', 'many'),
    );
  });

  it('says "try again", with the system’s code, when the folder cannot be written', async () => {
    const dataFolder = temporaryFolder();
    writeFileSync(join(dataFolder, 'outbox'), 'a file where the folder should be');
    const sent = await openFileChannel({ dataFolder, sender: SENDER }).send(message('sms'), attempt());
    expect(sent).toEqual({ ok: false, permanent: false, why: 'the outbox folder could not be written (EEXIST)' });
  });

  it('refuses an address that is more than one plain address, and writes nothing', async () => {
    const dataFolder = temporaryFolder();
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    const sent = await channel.send(message('email', { to: 'a@x.example, b@y.example' }), attempt());
    expect(sent).toMatchObject({ ok: false, permanent: true });
    expect(readdirSync(dataFolder)).toEqual([]);
  });

  it('cannot be led out of its folder by an id', async () => {
    const dataFolder = temporaryFolder();
    const channel = openFileChannel({ dataFolder, sender: SENDER });
    for (const id of ['../msg_1', 'msg_../../x', 'msg_1\u0000', '']) {
      await expect(channel.send(message('sms', { id }), attempt())).rejects.toThrow(TypeError);
    }
    expect(readdirSync(dataFolder)).toEqual([]);
  });
});

describe('a sender killed between writing and renaming', () => {
  /** Runs a sender of its own process which is killed with SIGKILL at the last step. */
  async function killAtRename(dataFolder: string): Promise<NodeJS.Signals | null> {
    const script = join(temporaryFolder(), 'sender.mjs');
    const source = join(import.meta.dirname, '../../src/delivery/file.ts');
    const contents = `
      import { openFileChannel } from ${JSON.stringify(source)};
      const rename = () => new Promise(() => { process.stdout.write('here'); setInterval(() => {}, 1000); });
      const channel = openFileChannel({ dataFolder: ${JSON.stringify(dataFolder)}, sender: ${JSON.stringify(SENDER)}, rename });
      await channel.send(${JSON.stringify(message('sms'))}, { now: ${NOW}, attempt: 1 });`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['nodemailer'],
      outfile: script,
      logLevel: 'error',
    });
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => child.kill('SIGKILL'));
    return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  }

  it('leaves no message visible, and the next attempt leaves exactly one, whole, and no scraps', async () => {
    const dataFolder = temporaryFolder();
    expect(await killAtRename(dataFolder)).toBe('SIGKILL');
    const outbox = join(dataFolder, 'outbox');
    // The fault fired: the text stands under another name, and only there.
    const scraps = allNames(outbox);
    expect(scraps).toHaveLength(2);
    expect(scraps.every((name) => name.startsWith('.writing/msg_0190.txt-'))).toBe(true);
    expect(scraps.map((name) => modeOf(join(outbox, name)))).toEqual([0o700, 0o600]);
    const sent = await openFileChannel({ dataFolder, sender: SENDER }).send(message('sms'), attempt({ attempt: 2 }));
    expect(sent).toEqual({ ok: true, reference: 'msg_0190.txt' });
    expect(allNames(outbox)).toEqual(['msg_0190.txt']);
    expect(readFileSync(join(outbox, 'msg_0190.txt'), 'utf8')).toContain(`${CODE} is your code.\n`);
  });
});
