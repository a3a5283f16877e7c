/**
 * A factor is added in three places, for true: a copy of the sources gets a file, its line in the registry and its text, and nothing else.
 * The program that is built from the copy offers it, sets it up, signs in with it and takes it away.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltDesk, builtDesk } from '../support/built-desk.js';
import { newestCode } from '../support/outbox-code.js';
import { repositoryRoot } from '../support/test-desk.js';

const FILE = `/** The factor of a phone call: a code that is read out to the phone on file. */
import type { SentFactor } from './factor.js';
import { sentCode } from './sent-factor.js';

export const voice = {
  id: 'voice',
  title: 'Phone call',
  question: 'Code from the phone call',
  credential: 'phone-voice',
  contact: 'phone',
  ...sentCode,
} as const satisfies SentFactor;
`;
const TEXT = `Subject: Your sign-in code for {login}

{code} is your code to sign in as {login}, by phone, for {minutes} min.
We never ask you for it. {deskName}
`;

const SOURCES = ['bin', 'data', 'package.json', 'package-lock.json', 'src', 'tsconfig.json'];
const PASSWORD = 'copper and nineteen herons';
const ANA = ['--account', '200500', '--as', 'ana'];

/** Adds the factor to the copy: three places. */
function addVoice(copy: string): void {
  writeFileSync(join(copy, 'src/factors/voice.ts'), FILE);
  writeFileSync(join(copy, 'data/messages/en/login-code-voice.txt'), TEXT);
  const registry = join(copy, 'src/factors/registry.ts');
  const text = readFileSync(registry, 'utf8');
  const added = text
    .replace(/^(import \{ totp \}.*\n)/m, "$1import { voice } from './voice.js';\n")
    .replace(/^(const KINDS = \[.*)(\] as const)/m, '$1, voice$2');
  writeFileSync(registry, added);
}

const run = promisify(execFile);
const node = (args: readonly string[]) => run(process.execPath, args, { maxBuffer: 10_000_000 });

/** Paths of the files that the copy has and the repository has not, or not so. */
function changedIn(copy: string): readonly string[] {
  const same = (path: string): boolean => {
    try {
      return readFileSync(join(copy, path)).equals(readFileSync(join(repositoryRoot, path)));
    } catch {
      return false;
    }
  };
  return readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(copy.length + 1))
    .filter((path) => !path.startsWith('dist/') && !same(path))
    .sort();
}

describe('a second factor that is a file, a line of the registry and a text', () => {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-factor-'));
  let desk: BuiltDesk;
  beforeAll(async () => {
    for (const name of SOURCES) cpSync(join(repositoryRoot, name), join(copy, name), { recursive: true });
    symlinkSync(join(repositoryRoot, 'node_modules'), join(copy, 'node_modules'));
    addVoice(copy);
    await node([join(copy, 'bin/build.mjs')]);
    desk = await builtDesk('sqlite', { root: copy });
  }, 300_000);
  afterAll(() => {
    desk.close();
    rmSync(copy, { recursive: true, force: true });
  });

  const code = async () => (await newestCode(join(desk.folders.data, 'outbox'), 'by phone')) ?? 'no code';

  /** Ana of Contoso, with a password, signed in. */
  async function signedIn(): Promise<void> {
    const { token } = await desk.must(['init', '--token', '--json']);
    const operator = { COUNTERSIGN_TOKEN: String(token) };
    const contoso = ['account', 'add', 'Contoso', '--number', '200500', '--edition', 'x-series'];
    await desk.must(contoso, '', operator);
    const contacts = ['--email', 'ana@contoso.example', '--phone', '+44 20 7946 0011'];
    const ana = ['user', 'add', 'ana', '--account', '200500', '--name', 'Ana Trujillo', ...contacts, '--role', 'admin'];
    await desk.must(ana, '', operator);
    await desk.must(['user', 'invite', 'ana', '--account', '200500'], '', operator);
    const invitation = (await newestCode(join(desk.folders.data, 'outbox'), 'ana@contoso.example')) ?? 'no code';
    await desk.must(['portal', 'activate', ...ANA, '--code', invitation, '--password-stdin'], PASSWORD);
    await desk.must(['portal', 'login', ...ANA, '--password-stdin'], PASSWORD);
  }

  it('nothing else was changed, and it compiles', { timeout: 300_000 }, async () => {
    const three = ['data/messages/en/login-code-voice.txt', 'src/factors/registry.ts', 'src/factors/voice.ts'];
    expect(changedIn(copy)).toEqual(three);
    const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
    await node([tsc, '--noEmit', '-p', join(copy, 'tsconfig.json')]);
  });

  it('help, completion and refusals name it', async () => {
    const said = async (...args: string[]) => Object.values(await desk.run(args)).join('\n');
    expect(await said('portal', 'mfa', 'add', '--help')).toContain('voice: Phone call');
    expect(await said('portal', 'login', '--help')).toMatch(/sms,\s+voice\s+or\s+backup/);
    expect(await said('completion', 'words', '--', 'portal', 'mfa', 'add', '')).toMatch(
      /totp\nemail\nsms\npasskey\nvoice/,
    );
    expect(await said('portal', 'mfa', 'add', 'pigeon', ...ANA)).toContain('one of totp, email, sms, passkey, voice');
    expect(await said('portal', 'login', '--factor', 'pigeon', ...ANA)).toContain('sms, passkey, voice, backup');
  });

  it('is set up, signs in, and is removed', { timeout: 120_000 }, async () => {
    await signedIn();
    expect((await desk.run(['portal', 'mfa', 'add', 'voice', ...ANA])).stdout).toContain('A code was sent to …11.');
    const added = await desk.must(['portal', 'mfa', 'add', 'voice', ...ANA, '--code', await code(), '--json']);
    expect(added).toMatchObject({ factor: { kind: 'voice', state: 'active' } });
    await desk.must(['portal', 'mfa', 'require', 'on', ...ANA]);
    await desk.must(['portal', 'logout', ...ANA]);

    const asked = await desk.run(['portal', 'login', ...ANA, '--password-stdin', '--json'], PASSWORD);
    expect([asked.code, JSON.parse(asked.stdout)]).toMatchObject([
      5,
      { login: { factors: [{ kind: 'voice', title: 'Phone call', to: '…11' }], codeSentTo: '…11' } },
    ]);
    const login = await desk.must(['portal', 'login', ...ANA, '--code', await code(), '--json']);
    expect(login).toMatchObject({ session: { state: 'done', method: 'password+voice' } });

    await desk.must(['portal', 'mfa', 'require', 'off', ...ANA]);
    const { mfa } = (await desk.must(['portal', 'mfa', 'list', ...ANA, '--json'])) as {
      mfa: { factors: { id: string; title: string }[] };
    };
    expect(mfa.factors).toMatchObject([{ kind: 'voice', title: 'Phone call', state: 'active' }]);
    const removed = await desk.must(['portal', 'mfa', 'remove', mfa.factors[0]?.id ?? '', ...ANA, '--json']);
    expect(removed).toMatchObject({ factor: { kind: 'voice', state: 'removed' } });
  });
});
