import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { roomInStep } from '../support/started-operator.js';
import { type Given, type Said, type SudoPlace, sudoersIn, sudoPlace, whyNoSudo } from '../support/sudo-place.js';

const PASSWORD = 'correct horse battery 77';
const HANDBOOK = 'data/help/operating.md';
/** Ends a part of what was looked at. */
const PART = '--- part ---';
const why = whyNoSudo();

describe.skipIf(why !== undefined)(`two people and an attacker under sudo (B79)${why ? `: ${why}` : ''}`, () => {
  let place: SudoPlace;
  /** Of the first admin: what a lead or an admin could do by mistake must not succeed either. */
  let token: string;
  /** The key as text, to be found in what somebody was shown. */
  let key: string;

  beforeAll(async () => {
    place = await sudoPlace();
    cpSync(inject('floorPolicy'), policy(), { recursive: true });
    chmodSync(policy(), 0o755);
    for (const name of ['cs-mira', 'cs-noor', 'cs-mallory']) place.addAgent(name);
    place.setConfig(settings('locked = true'));
    expect(place.setSudoers(sudoersIn(HANDBOOK))).toMatchObject({ code: 0 });
    token = (JSON.parse(must(place.service(['init', '--token', '--json']))) as { token: string }).token;
    await roomInStep();
    for (const name of ['mira', 'noor']) start(name, { COUNTERSIGN_TOKEN: token });
    key = must(place.as('root', ['cat', place.key])).trim();
    signIn('cs-mira', 'mira');
    signIn('cs-noor', 'noor');
    prepareAttack();
  }, 300_000);
  afterAll(() => place.close());

  /** Cheap hashing: nothing here is about its cost. */
  const policy = () => join(place.base, 'policy');
  const settings = (more: string) =>
    `${more}\npolicy = "${policy()}"\n${['data', 'config', 'state'].map((name) => `${name}Folder = "${join(place.base, 'desk', name)}"\n`).join('')}`;
  const must = ({ code, out }: Said): string => {
    if (code !== 0) throw new Error(`it ended with ${code}: ${out}`);
    return out;
  };
  const seeds = new Map<string, Uint8Array>();
  /** Adds an agent, who starts with the start code. */
  function start(name: string, env: Readonly<Record<string, string>>): void {
    const json = (argv: readonly string[], more: Given) => JSON.parse(must(place.service([...argv, '--json'], more)));
    const { startCode } = json(['operator', 'add', name, '--role', 'agent'], { env });
    const argv = ['operator', 'start', name, '--code', String(startCode)];
    const { totp } = json([...argv, '--password-stdin'], { input: `${PASSWORD}\n`, env });
    const seed = fromBase32(totp.secretBase32);
    seeds.set(name, seed);
    json([...argv, '--totp', referenceCode(seed, Date.now() / 1000 - 30)], { env });
  }
  const codeOf = (name: string) => referenceCode(seeds.get(name) ?? new Uint8Array(), Date.now() / 1000);
  const signIn = (user: string, operator: string) => {
    const argv = ['login', '--operator', operator, '--password-stdin', '--code', codeOf(operator)];
    return must(place.desk(user, argv, { input: `${PASSWORD}\n` }));
  };
  const whoIs = (user: string) => place.desk(user, ['whoami', '--json']);

  /** Everything that the attacker can bring along. */
  const own = (name: string) => join(place.share, 'cs-mallory', name);
  function prepareAttack(): void {
    const write = (name: string, text: string) =>
      must(
        place.as('cs-mallory', ['sh', '-c', `mkdir -p "$(dirname '${own(name)}')" && cat > '${own(name)}'`], {
          input: text,
        }),
      );
    const loot = own('loot');
    write('evil.toml', `keyCommand = "sh -c 'cat ${place.key} >> ${place.share}/loot; cat ${place.key}'"\n`);
    write('mail.toml', '[mail]\nhost = "127.0.0.1"\nport = 2599\n');
    write('policy.toml', `policy = "${own('policy')}"\n`);
    write('.config/countersign/config.toml', `keyCommand = "sh -c 'cat ${place.key} >> ${place.share}/loot'"\n`);
    write(
      'evil.cjs',
      `try { require('fs').appendFileSync('${place.share}/loot', require('fs').readFileSync('${place.key}')) } catch (e) {}\n`,
    );
    for (const name of ['actions', 'roles', 'limits']) {
      must(place.as('cs-mallory', ['mkdir', '-p', own('policy')]));
      must(place.as('cs-mallory', ['ln', '-sf', place.key, own(`policy/${name}.json`)]));
    }
    must(place.as('cs-mallory', ['ln', '-sf', place.key, own('link')]));
    must(place.as('cs-mallory', ['ln', '-sfn', join(place.base, 'desk'), own('desk')]));
    expect(place.as('cs-mallory', ['test', '-e', loot]).code).not.toBe(0);
  }

  /** Looks as root at what an attacker could have got, all in one process: a part of the answer for each thing. */
  function trace(): readonly string[] {
    const desk = join(place.base, 'desk');
    const looks = [
      `cat '${place.share}/loot' 2>/dev/null; rm -f '${place.share}/loot'`,
      `cat '${place.key}'`,
      `head -c 15 '${place.store}'`,
      `find '${desk}' -newer '${join(place.base, 'mark')}' -name '*evil*'`,
      `find '${place.share}' -user countersign`,
    ];
    const { out } = place.as('root', ['sh', '-c', looks.map((look) => `${look}; echo; echo '${PART}'`).join('; ')]);
    return out.split(PART).map((part) => part.trim());
  }

  /** What the attacker has got; empty if the try failed. */
  function gains({ out }: Said): readonly string[] {
    const [loot, keyNow, store, written, owned] = trace();
    const found: string[] = [];
    if (out.includes(key)) found.push('was shown the key');
    if (/"name":"(mira|noor)"|Operator: *(mira|noor)/.test(out)) found.push('acted as another person');
    if (loot !== '') found.push('ran a program as the service account');
    if (keyNow !== key) found.push('changed the key');
    if (store !== 'SQLite format 3') found.push('changed the store');
    if (written !== '') found.push('wrote into the folders of the desk');
    if (owned !== '') found.push('had a file written');
    return found;
  }

  const sudo = (argv: readonly string[], given?: Given) => place.as('cs-mallory', ['sudo', '-n', ...argv], given);
  const asDesk = (argv: readonly string[], given?: Given) => place.desk('cs-mallory', argv, given);
  const asAdmin = (argv: readonly string[], given: Given = {}) =>
    asDesk(argv, { ...given, env: { COUNTERSIGN_TOKEN: token, ...given.env } });

  /** A name, the try, and the exit codes of a refusal. */
  function attacks(): readonly (readonly [string, () => Said, ...number[]])[] {
    const whoami = ['-u', 'countersign', 'countersign', 'whoami', '--json'];
    const mira = place.uidOf('cs-mira');
    const run = (name: string, argv: readonly string[], ...codes: number[]) =>
      [name, () => asDesk(argv), ...(codes.length > 0 ? codes : [7])] as const;
    const admin = (name: string, argv: readonly string[], input = '') =>
      [name, () => asAdmin(argv, { input }), 7] as const;
    const carried = (assignment: string) =>
      [`env ${assignment}`, () => place.as('cs-mallory', ['env', assignment, 'sudo', '-n', ...whoami]), 3] as const;
    const passed = (assignment: string) => [`sudo ${assignment}`, () => sudo([assignment, ...whoami]), 1] as const;
    return [
      // settings
      run('--config', ['--config', own('evil.toml'), 'whoami']),
      run('--config after the command', ['whoami', '--config', own('evil.toml')], 2, 7),
      run('--config=', [`--config=${own('evil.toml')}`, 'doctor']),
      run('--config with a mail server', ['--config', own('mail.toml'), 'user', 'invite', '1/ana']),
      run('--config with a policy', ['--config', own('policy.toml'), 'policy', 'show']),
      run('--store', ['--store', own('evil.db'), 'init', '--token']),
      run('--store=', [`--store=${own('evil.db')}`, 'whoami']),
      run('--key-file', ['--key-file', own('link'), 'whoami']),
      admin('--store as an admin', ['--store', own('evil.db'), 'key', 'backup', '-', '--passphrase-stdin']),
      ...['COUNTERSIGN_CONFIG', 'COUNTERSIGN_STORE', 'COUNTERSIGN_KEY_FILE', 'COUNTERSIGN_KEY_COMMAND'].flatMap(
        (name) => {
          const value = name.endsWith('COMMAND') ? `sh -c 'cat ${place.key} >> ${place.share}/loot'` : own('evil.toml');
          return [carried(`${name}=${value}`), passed(`${name}=${value}`)];
        },
      ),
      ...['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'].flatMap((name) => [
        carried(`${name}=${own('')}`),
        passed(`${name}=${own('')}`),
      ]),
      // another person
      carried(`SUDO_UID=${mira}`),
      passed(`SUDO_UID=${mira}`),
      [
        'sudo --preserve-env=SUDO_UID',
        () => place.as('cs-mallory', ['env', `SUDO_UID=${mira}`, 'sudo', '-n', '--preserve-env=SUDO_UID', ...whoami]),
        1,
      ],
      [
        'SUDO_UID without sudo',
        () => place.as('cs-mallory', ['env', `SUDO_UID=${mira}`, '/usr/local/bin/countersign', 'whoami', '--json']),
        3,
        7,
      ],
      [
        'a program named sudo',
        () =>
          place.as('cs-mallory', [
            'sh',
            '-c',
            `cp /bin/sh '${own('sudo')}'; SUDO_UID=${mira} '${own('sudo')}' -c '/usr/local/bin/countersign whoami --json; exit $?'`,
          ]),
        3,
        7,
      ],
      [
        'reading the sessions',
        () => place.as('cs-mallory', ['sh', '-c', `cat '${place.state}'/sessions/* '${own('desk')}'/state/sessions/*`]),
        1,
      ],
      ['the desk without sudo', () => place.as('cs-mallory', ['/usr/local/bin/countersign', 'whoami']), 3, 7],
      // other programs and environments
      carried(`NODE_OPTIONS=--require=${own('evil.cjs')}`),
      passed(`NODE_OPTIONS=--require=${own('evil.cjs')}`),
      [
        'sudo -E',
        () =>
          place.as('cs-mallory', ['env', `NODE_OPTIONS=--require=${own('evil.cjs')}`, 'sudo', '-n', '-E', ...whoami]),
        1,
        3,
      ],
      ['sudo -s', () => sudo(['-u', 'countersign', '-s', 'cat', place.key]), 1],
      ['sudo -i', () => sudo(['-u', 'countersign', '-i', 'cat', place.key]), 1],
      ['sudo env', () => sudo(['-u', 'countersign', 'env', `SUDO_UID=${mira}`, 'countersign', 'whoami']), 1],
      ['sudo sh', () => sudo(['-u', 'countersign', 'sh', '-c', `cat ${place.key}`]), 1],
      ['sudo node', () => sudo(['-u', 'countersign', join(place.base, 'node'), own('evil.cjs')]), 1],
      ['sudo as root', () => sudo(['countersign', 'whoami']), 1],
      ['sudo -g', () => sudo(['-u', 'countersign', '-g', 'root', 'countersign', 'whoami']), 1],
      [
        'own program of the same name',
        () =>
          place.as('cs-mallory', [
            'sh',
            '-c',
            `cp /bin/cat '${own('countersign')}'; sudo -n -u countersign '${own('countersign')}' '${place.key}'`,
          ]),
        1,
      ],
      // paths
      run('policy check DIR', ['policy', 'check', own('policy')]),
      run('policy check of the desk', ['policy', 'check', join(place.base, 'desk/config')]),
      run('login --device', [
        'portal',
        'login',
        '--account',
        '1',
        '--as',
        'ana',
        '--device',
        own('link'),
        '--password-stdin',
      ]),
      run('key restore', ['key', 'restore', own('link'), '--check', '--passphrase-stdin']),
      run('demo --dir', ['demo', '--no-console', '--dir', own('demo')]),
      run('smoke', ['smoke']),
      run('store restore', ['store', 'restore', own('evil.db')]),
      admin('report --html over the key', ['report', '--html', place.key]),
      admin('report --html through a link', ['report', '--html', own('link')]),
      admin('report --html through a folder', ['report', '--html', own('desk/config/master.key')]),
      admin('report --html elsewhere', ['report', '--html', join(place.share, 'evil.html')]),
      admin('store backup', ['store', 'backup', join(place.share, 'evil.db')]),
      admin(
        'key backup',
        ['key', 'backup', join(place.share, 'evil.txt'), '--passphrase-stdin'],
        'one two three four five six seven\n',
      ),
      admin('account import', ['account', 'import', own('link')]),
      admin('user import --accounts', ['user', 'import', '-', '--accounts', own('link')]),
      admin('mfa reset --from', ['mfa', 'reset', '--from', own('link'), '--reason', 'r', '--ticket', 't', '--dry-run']),
      admin('mfa reset --plan', ['mfa', 'reset', '1/ana', '--reason', 'r', '--ticket', 't', '--plan', place.key]),
      admin(
        'mfa reset --failed',
        ['mfa', 'reset', '--from', '-', '--reason', 'r', '--ticket', 't', '--failed', place.key, '--confirm', '0'],
        'account,login\n',
      ),
      admin('mfa reset --apply', ['mfa', 'reset', '--apply', own('link'), '--confirm', '1']),
      admin('audit verify --checkpoint', ['audit', 'verify', '--checkpoint', own('link')]),
      admin('account edit --sso-jwks', ['account', 'edit', '1', '--sso-jwks', own('link')]),
      admin('console --notes', ['console', '--notes', own('link')]),
    ];
  }

  it('two who are signed in at the same time are two persons, and a third is nobody', () => {
    expect(JSON.parse(must(whoIs('cs-mira')))).toMatchObject({ operator: { name: 'mira' } });
    expect(JSON.parse(must(whoIs('cs-noor')))).toMatchObject({ operator: { name: 'noor' } });
    const third = whoIs('cs-mallory');
    expect({ code: third.code, ...JSON.parse(third.out) }).toMatchObject({ code: 3, error: { code: 'not-signed-in' } });
  });

  it('no try of an attacker who may use sudo succeeds (T16, T17)', { timeout: 300_000 }, () => {
    must(place.as('root', ['touch', join(place.base, 'mark')]));
    const tries = attacks().map(([name, attempt, ...refusals]) => {
      const said = attempt();
      const refused = said.code !== null && refusals.includes(said.code);
      return { name, gains: gains(said), end: refused ? 'refused' : `ended with ${said.code}: ${said.out}` };
    });
    expect(tries.length).toBeGreaterThan(60);
    expect(tries.filter((one) => one.gains.length > 0 || one.end !== 'refused')).toEqual([]);
    expect(JSON.parse(must(whoIs('cs-mira')))).toMatchObject({ operator: { name: 'mira' } });
  });

  it('files come in and go out by standard input and output', () => {
    const csv = 'number,name,edition\n100234,Adler,classic\n';
    must(asAdmin(['account', 'import', '-'], { input: csv }));
    expect(must(asAdmin(['report', '--html', '-']))).toMatch(/^<!doctype html>/);
    const note = must(place.service(['audit', 'checkpoint', '--quiet'], { env: { COUNTERSIGN_TOKEN: token } }));
    expect(asAdmin(['audit', 'verify', '--checkpoint', '-', '--json'], { input: note })).toMatchObject({ code: 0 });
  });

  it('who is not proven by sudo cannot sign in, but a token works', () => {
    const login = ['login', '--operator', 'mira', '--password-stdin', '--json'];
    const alone = place.service(login, { input: `${PASSWORD}\n` });
    expect({ code: alone.code, ...JSON.parse(alone.out) }).toMatchObject({ code: 7, error: { code: 'config' } });
    const forged = place.service(login, { input: `${PASSWORD}\n`, env: { SUDO_UID: place.uidOf('cs-mira') } });
    expect(forged.code).toBe(7);
    expect(place.service(['whoami'], { env: { COUNTERSIGN_TOKEN: token } })).toMatchObject({ code: 0 });
  });

  const own7 = (said: Said) => {
    const { error } = JSON.parse(said.out) as { error: Readonly<Record<string, string>> };
    return `${said.code} ${error['code']}: ${error['message']} ${error['hint']}`;
  };

  it('root, and an agent who forgets sudo, are told to use the account, and make nothing there', () => {
    const direct = (user: string, ...argv: string[]) =>
      place.as(user, ['/usr/local/bin/countersign', ...argv, '--json'], { env: { COUNTERSIGN_TOKEN: token } });
    for (const argv of [['init', '--token'], ['outbox', 'flush'], ['whoami']])
      expect(own7(direct('root', ...argv))).toMatch(/^7 config: root does not run this desk: .* sudo -u countersign/);
    expect(own7(direct('cs-mira', 'whoami'))).toMatch(/^7 config: this account may not enter .* sudo -u countersign/);
    expect(place.as('root', ['find', join(place.base, 'desk'), '-user', 'root']).out).toBe('');
  });

  it('what belongs to root after a copy is named, and not taken for missing or for the store', () => {
    const ofRoot = (path: string, argv: readonly string[]) => {
      must(place.as('root', ['chown', 'root:root', path]));
      const said = place.desk('cs-mira', [...argv, '--json']);
      must(place.as('root', ['chown', 'countersign:countersign', path]));
      return said;
    };
    expect(own7(ofRoot(place.state, ['whoami']))).toMatch(
      /^7 config: the system refused stat of .*\/sessions\/.*EACCES/,
    );
    expect(own7(ofRoot(join(place.store, '..'), ['whoami']))).toMatch(/may not enter .*\/data .* chown -R ACCOUNT/);
    expect(own7(ofRoot(place.key, ['whoami']))).toMatch(
      /^7 config: the system refused open of .*\/master.key \(EACCES/,
    );
    const { findings } = JSON.parse(ofRoot(place.state, ['doctor']).out);
    const mend = expect.stringContaining('chown -R ACCOUNT');
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'Session folder', state: 'wrong', mend }));
    expect(must(whoIs('cs-mira'))).toContain('"name":"mira"');
  });

  it('a sign-out ends the session, also where its file cannot be removed', () => {
    const folder = join(place.state, 'sessions');
    must(place.as('root', ['sh', '-c', `chown root '${folder}' && chmod 755 '${folder}'`]));
    expect(own7(place.desk('cs-noor', ['logout', '--json']))).toMatch(/^7 config: .*unlink/);
    expect(own7(whoIs('cs-noor'))).toMatch(/^3 not-signed-in: your session has ended/);
    must(place.as('root', ['sh', '-c', `chown countersign '${folder}' && chmod 700 '${folder}'`]));
  });

  it('the script of the handbook backs a locked desk up, and the settings stay locked for everybody else', (at) => {
    if (place.as('root', ['test', '-e', '/etc/countersign/config.toml']).code !== 0) at.skip('needs a mount namespace');
    const copy = join(place.base, 'desk/copy.db');
    const agent = "runuser -u cs-mallory -- sudo -n -u countersign countersign --config '/x' whoami; [ $? = 7 ]";
    const script = /^ {4}umask 027\n(?: {4}.*\n)+/m.exec(readFileSync(HANDBOOK, 'utf8'))?.[0] ?? '';
    const lines = script.replace('/var/backups/countersign/desk.db', `${copy} || exit\n${agent}`);
    expect(must(place.as('root', ['sh', '-c', lines], { env: { COUNTERSIGN_TOKEN: token } }))).toContain('BACKED UP');
    expect(place.as('countersign', ['head', '-c', '15', copy]).out).toBe('SQLite format 3');
    expect(own7(asDesk(['store', 'backup', join(place.share, 'x.db'), '--json']))).toMatch(/^7 config/);
  });

  it('teeth: with a line that lets variables through, a program of the attacker runs', () => {
    const bad = sudoersIn(HANDBOOK).replace('!setenv', 'setenv').replace('NOSETENV', 'SETENV');
    expect(place.setSudoers(bad)).toMatchObject({ code: 0 });
    const forging = attacks().find(([name]) => name.startsWith('sudo NODE_OPTIONS'));
    expect(gains(forging?.[1]() ?? { code: 0, out: '' })).toEqual(['ran a program as the service account']);
    place.setSudoers(sudoersIn(HANDBOOK));
  });

  it('teeth: a build that believes SUDO_UID alone is fooled by that line, and ours is not', {
    timeout: 300_000,
  }, () => {
    const bad = sudoersIn(HANDBOOK).replace('!setenv', 'setenv').replace('NOSETENV', 'SETENV');
    place.setSudoers(bad);
    const forge = () =>
      sudo([`SUDO_UID=${place.uidOf('cs-mira')}`, '-u', 'countersign', 'countersign', 'whoami', '--json']);
    expect(gains(forge())).toEqual([]);
    place.setProgram(
      place.badBuild([
        ['src/main/machine.ts', 'if (real !== claimed)', 'if (real === undefined)'],
        ['src/main/machine.ts', 'return byUid(real);', 'return byUid(claimed);'],
      ]),
    );
    expect(gains(forge())).toEqual(['acted as another person']);
    place.setProgram(place.program);
    place.setSudoers(sudoersIn(HANDBOOK));
  });

  it('where the settings are not locked, a session belongs to a person all the same', async () => {
    place.setConfig(settings('locked = false'));
    const made = JSON.parse(
      must(place.service(['init', '--token', '--json'], { env: { HOME: join(place.base, 'home') } })),
    );
    await roomInStep();
    const env = { HOME: join(place.base, 'home'), COUNTERSIGN_TOKEN: String(made.token) };
    for (const name of ['mira', 'noor']) start(name, env);
    signIn('cs-mira', 'mira');
    signIn('cs-noor', 'noor');
    expect(JSON.parse(must(whoIs('cs-mira')))).toMatchObject({ operator: { name: 'mira' } });
    expect(JSON.parse(must(whoIs('cs-noor')))).toMatchObject({ operator: { name: 'noor' } });
    expect(whoIs('cs-mallory')).toMatchObject({ code: 3 });
    place.setConfig(settings('locked = true'));
  });

  it('teeth: where the settings are not locked, --config hands out the key', () => {
    place.setConfig(settings('locked = false'));
    expect(gains(asDesk(['--config', own('evil.toml'), 'doctor']))).toContain('ran a program as the service account');
    place.setConfig(settings('locked = true'));
  });
});

it('the README shows the same lines for sudo as the handbook', () => {
  expect(sudoersIn(HANDBOOK)).toMatch(/^Defaults!.*\n.*\n%countersign-agents .*\n.*\/usr\/local\/bin\/countersign\n$/);
  expect(sudoersIn('README.md')).toBe(sudoersIn(HANDBOOK));
});
