/**
 * B11, T9, T10: unique secrets go through a whole day of the built command, and are then searched in everything it left: output of
 * every command, command line and environment of every process, the store with its WAL and shared memory (on PostgreSQL every row of
 * every table), log exports, backups, outbox, state, and whatever else lies in the home. Codes are in the outbox alone.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type BuiltDesk, builtDesk, type Ended, requireBuilt } from '../support/built-desk.js';
import { newestCode } from '../support/outbox-code.js';
import { roomInStep } from '../support/started-operator.js';
import { engines } from '../support/test-desk.js';
import {
  type Canary,
  type Evidence,
  filesUnder,
  lineOf,
  NOWHERE,
  notAllowed,
  type Sighting,
  sightings,
  tablesOf,
} from './canaries.js';

const PHRASE = 'Kanarie zwölf Übertöpfe saffron 7319';
const SET_UP_PHRASE = 'marble otter juggles 4417 parsnips';
const WRONG_PHRASE = 'violet anvil hums past 6603 gates';
const PASSWORD = 'Canary-Pässword of the portal 5521';
const OPERATOR_PASSWORD = 'canary of the operator 8842 lamps';
const WRONG_PASSWORD = 'a wrong canary password 9917 tins';

/** `/proc` of a running process; elsewhere there is nothing to look at. */
const PROC = existsSync('/proc/self/environ');

class Day {
  readonly evidence: Evidence[] = [];
  readonly canaries: Canary[] = [];
  #commands = 0;

  constructor(
    readonly place: BuiltDesk,
    readonly env: Record<string, string> = {},
  ) {}

  /** Runs a command and keeps all that can be seen of it from outside. */
  async run(line: string, stdin = '', exit = 0): Promise<Ended> {
    const args = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'));
    this.#commands += 1;
    const where = `${this.#commands} ${args
      .filter((arg) => !arg.startsWith('-'))
      .slice(0, 3)
      .join(' ')}`;
    const process = this.place.start(args, this.env);
    this.#look(process.child.pid, where);
    process.say(stdin);
    const ended = await process.ended;
    this.evidence.push({ where: `stdout of ${where}`, bytes: Buffer.from(ended.stdout) });
    this.evidence.push({ where: `stderr of ${where}`, bytes: Buffer.from(ended.stderr) });
    if (ended.code !== exit) throw new Error(`${line} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`);
    return ended;
  }

  async json(line: string, stdin = '', exit = 0): Promise<Record<string, never>> {
    return JSON.parse((await this.run(`${line} --json`, stdin, exit)).stdout) as Record<string, never>;
  }

  #look(pid: number | undefined, where: string): void {
    if (!PROC || pid === undefined) return;
    for (const name of ['cmdline', 'environ']) {
      this.evidence.push({ where: `${name} of ${where}`, bytes: readFileSync(`/proc/${pid}/${name}`) });
    }
  }

  code(text: string): Promise<string> {
    return newestCode(join(this.place.folders.data, 'outbox'), text).then(
      (code) => code ?? Promise.reject(new Error(`no code for ${text}`)),
    );
  }

  keep(name: string, secret: string, allowed: RegExp = NOWHERE): void {
    this.canaries.push({ name, secret, allowed });
  }
}

const totpOf = (secretBase32: string): string =>
  referenceCode(fromBase32(secretBase32.replaceAll(' ', '')), Date.now() / 1000);

/** An operator begins with a start code. The seed of the app is shown once, to the operator, and to nobody else. */
async function start(day: Day, name: string, role: string): Promise<string> {
  const { startCode } = await day.json(`operator add ${name} --role ${role} --email ${name}@desk.example`);
  // Options such as --code may hold it; the log, the rows and every other output may not.
  const seen = /^(stdout of \d+ operator add|(cmdline|stderr) of \d+ operator start|file data\/countersign\/outbox)/;
  day.keep('start code', String(startCode), seen);
  const token = day.env['COUNTERSIGN_TOKEN'] ?? '';
  day.env['COUNTERSIGN_TOKEN'] = '';
  const given = `operator start ${name} --code ${String(startCode)}`;
  const begun = await day.json(`${given} --password-stdin`, OPERATOR_PASSWORD);
  const { secretBase32 } = begun['totp'] as unknown as { secretBase32: string };
  const shown = new RegExp(`^stdout of \\d+ operator start ${name}`);
  day.keep('operator TOTP seed', secretBase32, shown);
  day.keep('operator TOTP seed, grouped', secretBase32.replace(/.{4}(?=.)/g, '$& '), shown);
  await roomInStep();
  await day.run(`${given} --totp ${referenceCode(fromBase32(secretBase32), Date.now() / 1000 - 30)}`);
  day.env['COUNTERSIGN_TOKEN'] = token;
  return secretBase32;
}

async function setUp(day: Day): Promise<void> {
  const { token, key: keyFile } = await day.json('init --token');
  day.keep('admin token', token ?? '', /^stdout of \d+ init|^environ of/);
  day.env['COUNTERSIGN_TOKEN'] = String(token);
  const key = readFileSync(String(keyFile), 'utf8').trim();
  day.keep('master key', key, /^file config\/countersign\/master\.key$/);
  writeFileSync(
    join(day.place.home, 'accounts.csv'),
    'number,name,edition,sso\n200500,Contoso,x-series,\n100234,Northwind,classic,\n',
  );
  writeFileSync(
    join(day.place.home, 'users.csv'),
    'account,login,name,email,phone,role,scopes,sign_in\n' +
      '200500,xena,Xena Prince,xena@mail.example,+44 20 7946 0011,admin,,native\n' +
      '200500,xavi,Xavi Roca,xavi@mail.example,+44 20 7946 0022,user,,native\n' +
      '100234,ana,Ana Trujillo,ana@mail.example,030 5550100,primary-admin,,native\n',
  );
  await day.run('account import accounts.csv');
  await day.run('user import users.csv');
  await start(day, 'mira', 'agent');
  const secretBase32 = await start(day, 'lena', 'lead');
  const made = await day.json('operator token create mira --role agent');
  day.keep('script token', made['token'] ?? '', /^stdout of \d+ operator token create/);
  day.env['COUNTERSIGN_TOKEN'] = '';
  await day.run('login --operator mira --password-stdin', WRONG_PASSWORD, 3);
  await day.run(`login --operator lena --password-stdin --code ${totpOf(secretBase32)}`, OPERATOR_PASSWORD);
  await day.run('whoami --verbose');
}

async function owners(day: Day): Promise<void> {
  await day.run('user invite xena xavi --account 200500');
  const as = (login: string) => `--account 200500 --as ${login}`;
  for (const login of ['xena', 'xavi']) {
    await day.run(
      `portal activate ${as(login)} --code ${await day.code(`${login}@mail.example`)} --password-stdin`,
      PASSWORD,
    );
    await day.run(`portal login ${as(login)} --password-stdin`, PASSWORD);
  }
  await day.run(`portal login ${as('xena')} --password-stdin`, WRONG_PASSWORD, 3);
  await day.run(`portal passphrase set ${as('xena')} --passphrase-stdin`, PASSWORD, 2);
  await day.run(`portal passphrase set ${as('xena')} --passphrase-stdin`, PHRASE);
  await day.run(`portal passphrase show ${as('xena')} --password-stdin`, PASSWORD);
  await day.run(`portal profile ${as('xena')} --json`);
  const begun = await day.json(`portal mfa add totp ${as('xavi')}`, '', 5);
  const { secretBase32 } = begun['enrolment'] as unknown as { secretBase32: string };
  const shown = /^stdout of \d+ portal mfa add/;
  day.keep('portal TOTP seed', secretBase32.replaceAll(' ', ''), shown);
  day.keep('portal TOTP seed, grouped', secretBase32, shown);
  await day.run(`portal mfa add totp ${as('xavi')} --code ${totpOf(secretBase32)}`);
  const codes = await day.run(`portal mfa backup-codes ${as('xavi')}`);
  const [first] = /[0-9A-Z]{4,}(-[0-9A-Z]{4,})+/.exec(codes.stdout) ?? [];
  if (first !== undefined) day.keep('backup code', first, /^stdout of \d+ portal mfa backup-codes/);
  const setUp = 'passphrase setup ana --account 100234';
  await day.run(`${setUp} --send-code`);
  await day.run(`${setUp} --code ${await day.code('set-up call')} --passphrase-stdin`, SET_UP_PHRASE);
}

async function calls(day: Day): Promise<void> {
  const verify = 'verify --account 200500 --caller xena --for login-security:mfa-reset';
  await day.run(`${verify} --passphrase-stdin --verbose`, PHRASE);
  await day.run(`${verify} --passphrase-stdin --ticket T-1`, WRONG_PHRASE, 3);
  await day.run(`${verify} --passphrase-stdin --json`, WRONG_PHRASE, 3);
  await day.run(`${verify} --forgot --json`, '', 3);
  await day.run('verify --account 200500 --caller nobody --for billing:change --passphrase-stdin', WRONG_PHRASE, 3);
  await day.run('verify --account 100234 --caller ana --for billing:change --passphrase-stdin', SET_UP_PHRASE);
  await day.run('verify --account 100234 --caller ana --for no:such --passphrase-stdin --verbose', SET_UP_PHRASE, 2);
  await day.run('passphrase check --passphrase-stdin --json', PHRASE, 0);
  const { verification } = await day.json(`${verify} --passphrase-stdin`, PHRASE);
  const { grant } = verification as unknown as { grant: { id: string } };
  await day.run('grant list --json');
  await day.run(`mfa reset xavi --account 200500 --grant ${grant.id} --ticket T-2`);
}

/** Everything that shows or writes what the store holds. */
async function looks(day: Day): Promise<void> {
  const lines = [
    'user show xena --account 200500 --json',
    'account show 200500 --json',
    'mfa status xavi --account 200500 --json',
    'outbox list --json',
  ];
  for (const line of lines) await day.run(line);
  day.env['COUNTERSIGN_TOKEN'] = day.canaries.find(({ name }) => name === 'admin token')?.secret ?? '';
  for (const line of [
    'audit list --json --limit 1000',
    'audit export',
    'audit verify',
    'operator list --json',
    'operator token list --json',
  ])
    await day.run(line);
  // Its codes are files in clear, which doctor calls wrong (S21).
  await day.run('doctor', '', 7);
  await day.run('user export');
  await day.run('store info --json');
  if (day.place.store.endsWith('.db')) await day.run('store backup backup.db');
}

describe.each(engines)('B11 a day of canaries on %s', (engine) => {
  let day: Day;
  let holder: SQLite.Database | undefined;
  let found: readonly Evidence[] = [];
  /** Everything is searched once. */
  let seen: readonly Sighting[] = [];

  beforeAll(async () => {
    requireBuilt();
    day = new Day(await builtDesk(engine));
    day.keep('passphrase', PHRASE, /^stdout of \d+ portal passphrase show/);
    day.keep('set-up passphrase', SET_UP_PHRASE);
    day.keep('wrong passphrase', WRONG_PHRASE);
    day.keep('application password', PASSWORD);
    day.keep('operator password', OPERATOR_PASSWORD);
    day.keep('wrong password', WRONG_PASSWORD);
    await setUp(day);
    // A reader that stays keeps WAL and shared memory in place, as a console that stays open would.
    if (engine === 'sqlite') {
      holder = new SQLite(day.place.store, { readonly: true });
      holder.prepare('select count(*) from accounts').get();
    }
    await owners(day);
    await calls(day);
    await looks(day);
    const sessions = join(day.place.folders.state, 'sessions');
    for (const name of readdirSync(sessions)) {
      const token = readFileSync(join(sessions, name), 'utf8').trim();
      day.keep(`session in ${name}`, token, /^file state\/countersign\/sessions\//);
    }
    found = [
      ...day.evidence,
      ...filesUnder(day.place.home),
      ...(engine === 'postgres' ? await tablesOf(day.place.store) : []),
    ];
    seen = sightings(day.canaries, found);
  }, 600_000);
  afterAll(() => {
    holder?.close();
    day.place.close();
  });

  it('there was something to search in', () => {
    const names = found.map(({ where }) => where).join('\n');
    expect(day.canaries.length).toBeGreaterThan(12);
    expect(names).toMatch(/file data\/countersign\/outbox\/.*\.eml/);
    expect(names).toMatch(/stdout of \d+ audit export/);
    if (PROC) {
      const has = (name: string, text: string) =>
        found.some(({ where, bytes }) => where.startsWith(name) && bytes.includes(text));
      expect(has('cmdline of', '--passphrase-stdin')).toBe(true);
      expect(has('environ of', 'COUNTERSIGN_TOKEN=')).toBe(true);
    }
    if (engine === 'sqlite')
      for (const end of ['', '-wal', '-shm']) expect(names).toContain(`file data/countersign/desk.db${end}`);
    else
      for (const table of ['users', 'passphrases', 'audit_entries', 'outbox'])
        expect(names).toContain(`table ${table}`);
  });

  it('no secret is anywhere but where it is the answer or is kept by design', () => {
    expect(notAllowed(seen)).toEqual([]);
  });

  it('where a secret is the answer, it was found: the search sees these very secrets', () => {
    const lines = seen.map(lineOf);
    for (const name of ['admin token', 'master key', 'passphrase, as it is', 'operator TOTP seed', 'session in'])
      expect(
        lines.some((line) => line.startsWith(name)),
        name,
      ).toBe(true);
  });

  it('no command wrote anything else into the home: no history, no core, no temporary file', () => {
    const names = filesUnder(day.place.home).map(({ where }) => where);
    const expected =
      /^file (accounts\.csv|users\.csv|backup\.db|data\/countersign\/(desk\.db(-wal|-shm)?|outbox\/.*)|state\/countersign\/.*|config\/countersign\/(config\.toml|master\.key(\.anchor-[0-9a-f]+)?))$/;
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
  });

  it('teeth: a secret planted in any form, in a file or a row, is found', () => {
    const plants = [
      PHRASE,
      'kanarie zwolf ubertopfe saffron 7319',
      Buffer.from(`xx${PHRASE}yy`).toString('base64'),
      Buffer.from(PASSWORD).toString('hex'),
      `{"text":${JSON.stringify(OPERATOR_PASSWORD)}}`,
      encodeURIComponent(PASSWORD),
    ];
    for (const plant of plants) {
      // Each place is searched by itself, so the others need not be searched again.
      const bytes = Buffer.concat([Buffer.alloc(4_096, 1), Buffer.from(plant), Buffer.alloc(99)]);
      const planted = sightings(day.canaries, [{ where: 'planted', bytes }]);
      expect(notAllowed(planted), plant).not.toEqual([]);
    }
  });
});
