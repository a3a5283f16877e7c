/** Who runs a command (B79, T16): what proves it, and what only claims it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { personOf, suggestedName } from '../../src/main/machine.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-person-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A parent process as Linux describes it. */
function parent(name: string, uids: string): { parent: number; processes: string } {
  mkdirSync(join(folder, '77'), { recursive: true });
  writeFileSync(join(folder, '77/status'), `Name:\t${name}\nUmask:\t0022\nPid:\t77\nUid:\t${uids}\nGid:\t0\t0\t0\t0\n`);
  return { parent: 77, processes: folder };
}
const self = { env: {}, uid: 990, parent: 1, processes: '/nowhere' };
const sudo = { ...self, env: { SUDO_UID: '1001', SUDO_USER: 'mira', USER: 'countersign' } };

describe('a person under sudo (B79)', () => {
  it('is who called sudo, if sudo started the process', () => {
    expect(personOf({ ...sudo, ...parent('sudo', '1001\t0\t0\t0') }, 'sudo')).toEqual({ id: 'uid:1001' });
  });

  it.each([
    ['no sudo at all', () => self, /not started through sudo/],
    ['a variable alone', () => ({ ...sudo, ...parent('bash', '1001\t1001\t1001\t1001') }), /is not sudo/],
    [
      'a program that is only called sudo',
      () => ({ ...sudo, ...parent('sudo', '1001\t1001\t1001\t1001') }),
      /is not sudo/,
    ],
    ['another program of root', () => ({ ...sudo, ...parent('runuser', '0\t0\t0\t0') }), /is not sudo/],
    [
      'a variable that names another',
      () => ({ ...sudo, ...parent('sudo', '1002\t0\t0\t0') }),
      /does not name the person/,
    ],
    ['a hidden parent', () => ({ ...sudo, parent: 78, processes: folder }), /hidepid/],
  ])('is nobody with %s', (_what, given, why) => {
    expect(personOf(given(), 'sudo')).toEqual({ id: undefined, why: expect.stringMatching(why) });
  });

  it('without a configured proof is the account, unless sudo proves another', () => {
    expect(personOf({ ...sudo, ...parent('sudo', '1001\t0\t0\t0') }, undefined)).toEqual({ id: 'uid:1001' });
    expect(personOf({ ...sudo, ...parent('bash', '990\t990\t990\t990') }, undefined)).toEqual({ id: 'uid:990' });
    expect(personOf(self, 'uid')).toEqual({ id: 'uid:990' });
    expect(personOf({ ...sudo, ...parent('sudo', '1001\t0\t0\t0') }, 'uid')).toEqual({ id: 'uid:990' });
  });

  it('the suggested name is never that of the service account', () => {
    expect(suggestedName(sudo, true)).toBe('mira');
    expect(suggestedName({ env: { SUDO_UID: '1001', USER: 'countersign' } }, false)).toBe('');
    expect(suggestedName({ env: { USER: 'countersign' } }, true)).toBe('');
    expect(suggestedName({ env: { USER: 'ana' } }, false)).toBe('ana');
  });
});

describe('a person by ssh (B79)', () => {
  const blob = Buffer.from('the bytes of a public key').toString('base64');
  const authFile = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const by = (file: string | undefined, uid = process.getuid?.()) =>
    personOf({ ...self, uid, env: file === undefined ? {} : { SSH_USER_AUTH: file } }, 'ssh');

  it('is the key that sshd took', () => {
    const file = authFile('good', `publickey ssh-ed25519 ${blob}\n`);
    expect(by(file)).toEqual({ id: expect.stringMatching(/^ssh:SHA256:[A-Za-z0-9+/]{43}$/) });
    expect(by(authFile('two', `password\npublickey ssh-ed25519 ${blob}\n`))).toEqual(by(file));
  });

  it('is nobody without a file that sshd wrote for this account', () => {
    const good = `publickey ssh-ed25519 ${blob}\n`;
    symlinkSync(authFile('target', good), join(folder, 'link'));
    for (const file of [
      undefined,
      join(folder, 'none'),
      join(folder, 'link'),
      authFile('open', good, 0o622),
      authFile('password', 'password\n'),
    ]) {
      expect(by(file)).toMatchObject({ id: undefined });
    }
    expect(by(authFile('of-another', good), 4_000_000)).toMatchObject({ id: undefined });
  });
});
