/** The session format itself (README.md), on a small program of our own: what fits, and that what does not fit fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileChannel } from '../../src/delivery/file.js';
import { runSession } from '../support/session-run.js';

/** Answers its arguments, its input and its surroundings; asks on a terminal. */
const PROGRAM = `
const [word, ...rest] = process.argv.slice(2);
if (word === 'say') process.stdout.write(rest.join(' ').replaceAll('/', '\\n') + '\\n');
if (word === 'warn') { process.stderr.write(rest.join(' ') + '\\n'); process.exitCode = 3; }
if (word === 'env') process.stdout.write(rest.map((name) => name + '=' + process.env[name]).join('\\n') + '\\n');
if (word === 'repeat') process.stdin.on('data', (text) => process.stdout.write('you said: ' + text));
if (word === 'ask') {
  const ask = require('node:readline/promises').createInterface({ input: process.stdin, output: process.stdout });
  ask.question('Your name? ').then(async (name) => {
    process.stdout.write('Key for ' + name + ': ABCD1234\\n');
    ask.close();
    process.exitCode = 4;
  });
}
`;

let folder: string;
let executable: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-format-'));
  executable = join(folder, 'program.cjs');
  writeFileSync(executable, PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (source: string) => runSession({ name: 'x.session', source, executable, variables: { version: '1.2' } });
const failure = (source: string): Promise<string> =>
  run(source).then(
    () => 'it passed',
    (error: Error) => error.message,
  );

describe('a session fits', () => {
  it.each([
    [
      'output as written, with a comment and blank lines around',
      '# why\n\n$ countersign say hello/world\nhello\nworld\n\n\n# end\n',
    ],
    ['errors marked, with an exit status', '$ countersign warn no\n! no\n= 3\n'],
    ['no output at all', '$ countersign\n'],
    ['any lines', '$ countersign say a/b/c/d\na\n...\nd\n'],
    ['any lines, none of them', '$ countersign say a/d\na\n...\nd\n'],
    ['anything inside a line', '$ countersign say took 17 ms\ntook [..] ms\n'],
    [
      'characters that mean something in a pattern',
      '$ countersign say "a.b (c) [d] {e} $ ^ * + ?"\na.b (c) [d] {e} $ ^ * + ?\n',
    ],
    ['a line that begins like a mark', '$ countersign say "= 3"\n\\= 3\n'],
    ['a name that was never taken is text', '$ countersign say "<file>"\n<file>\n'],
    ['a value given by the run', '$ countersign say v1.2\nv<version>\n'],
    [
      'a value taken, asked for below and used in a command',
      '$ countersign say id=gr_1/again gr_1\nid=<grant:gr_[0-9a-z]+>\nagain <grant>\n$ countersign say <grant>\ngr_1\n',
    ],
    ['lines of input', '$ countersign repeat\n< one\n< two\nyou said: one\ntwo\n'],
    ['a pipe of the shell', '$ echo hi | countersign repeat\nyou said: hi\n'],
    ['a long command on two lines', '$ countersign say a \\\n    b\na b\n'],
    ['environment and home', '@env COLOUR=blue\n$ countersign env COLOUR HOME TZ\nCOLOUR=blue\nHOME=<home>\nTZ=UTC\n'],
    ['a file', '@file lists/a.csv\naccount,login\n<version>,ana\n@end\n$ cat lists/a.csv\naccount,login\n1.2,ana\n'],
    [
      'a terminal: waits, types, takes values, sees the last screen',
      '$$ countersign ask\n? Your name\n> Ana\n? Key for Ana: <key:[A-Z0-9]+>\n= 4\nYour name? Ana\nKey for Ana: [..]\n$ countersign say <key>\nABCD1234\n',
    ],
    ['keys one by one', '$$ countersign ask\n? name\n^ B\n^ o\n^ enter\n? Key for Bo\n= 4\n'],
  ])('%s', async (_what, source) => {
    await run(source);
  });

  it('the TOTP code of RFC 6238 for a secret or an address', async () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const grouped = secret.replace(/(.{4})/g, '$1 ').trim();
    await run(
      `@totp NOW ${secret}\n@totp SAME otpauth://totp/x?secret=${secret}&issuer=y\n@totp BEFORE ${grouped} -1\n` +
        '$ countersign say <NOW> <SAME> <BEFORE>\n<a:\\d{6}> <b:\\d{6}> <c:\\d{6}>\n',
    );
  });

  it('the code of the newest message, by reader and by kind of message', async () => {
    const dataFolder = join(folder, 'data');
    mkdirSync(dataFolder);
    const channel = openFileChannel({ dataFolder, sender: { name: 'Desk', address: 'desk@desk.example' } });
    const send = (id: string, kind: 'email' | 'sms', to: string, body: string) =>
      channel.send({ id, kind, to, subject: 'Your code', body, createdAt: 0, template: 'x' } as never, {} as never);
    await send(
      'msg_1',
      'email',
      'ana@example.com',
      'Hello Ana Lucía,\n\nYour code:\n\n    7KQ4-XW2M-99AB\n\nNot a code:\n\n    When: now\n',
    );
    await send('msg_2', 'sms', '+1 206 555', '123456 is your code to sign in as ana.');
    await run(
      `@code MAIL ${dataFolder}/outbox ana@example.com\n@code TEXT ${dataFolder}/outbox\n` +
        '$ countersign say <MAIL> <TEXT>\n7KQ4-XW2M-99AB 123456\n',
    );
  });
});

describe('a session fails where it does not fit, with the place and the difference', () => {
  it('shows a diff with line numbers', async () => {
    const text = await failure('# a\n$ countersign say one/two/three/four\none\n2\n...\nfive\n');
    expect(text).toContain('x.session:2: $ countersign say one/two/three/four');
    expect(text.split('\n').slice(2)).toEqual([
      '           one',
      '   -    4  2',
      '           two',
      '           three',
      '           four',
      '   -    6  five',
    ]);
  });

  it.each([
    ['another exit status', '$ countersign warn no\n! no\n', 'exit status 3, expected 0'],
    ['output that was not expected', '$ countersign say hi\n', '   +       hi'],
    ['output on the other stream', '$ countersign say hi\n! hi\n', 'stderr differs'],
    ['a message that is missing', '$ countersign\n! no\n', '   -    2  no'],
    ['a value that is another one below', '$ countersign say a 1/b 2\na <n:\\d>\nb <n>\n', 'is not the same below'],
    ['a value that does not fit its pattern', '$ countersign say id=xx\nid=<g:gr_.+>\n', '   -    2  id=<g:gr_.+>'],
    ['an unknown directive', '@sleep 5\n', 'x.session:1: there is no @sleep'],
    ['a line outside of any command', 'hello\n', 'x.session:1: this line belongs to no command'],
    ['a file without an end', '@file x\na\n', 'x.session:1: @file without @end'],
    ['an outbox without a message', '@code CODE outbox\n', 'no message with a code'],
    ['a secret that is none', '@totp CODE hello\n', 'needs a name and a base32 secret'],
    [
      'a text that never comes',
      '$$ countersign say hello\n? goodbye\n',
      'x.session:2: never saw "goodbye" before it ended; the screen:\nhello',
    ],
    ['typing without a terminal', '$ countersign ask\n> Ana\n', 'x.session:2: ">" is for commands on a terminal'],
  ])('%s', async (_what, source, expected) => {
    expect(await failure(source)).toContain(expected);
  });
});
