/**
 * Bad input and bad surroundings against the built command: each ends as one clear error with the exit status of `help exit-codes`, in
 * words on stderr and as a document with --json, and the store is left byte for byte as it was. The words come from a process; the document from
 * the same command line in this process, because only how the outcome is printed differs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Driver from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runInside } from './support/run-inside.js';
import { repositoryRoot } from './support/test-desk.js';

const executable = join(repositoryRoot, 'bin', 'countersign.js');

interface Run {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface BadCase {
  readonly what: string;
  readonly argv: readonly string[];
  /** Spoils the folder; the store in it is a fresh copy of a whole one. */
  readonly spoil?: (folder: string) => void;
  readonly env?: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly code: string;
  readonly says: RegExp;
}

const otherKey = (folder: string, name: string, mode = 0o600): void => {
  writeFileSync(join(folder, name), `countersign-key-v1:${Buffer.alloc(32, 9).toString('base64url')}\n`);
  chmodSync(join(folder, name), mode);
};

const inStore = (folder: string, statement: string): void => {
  const db = new Driver(join(folder, 'desk.db'));
  db.exec(statement);
  db.close();
};

const CASES: readonly BadCase[] = [
  {
    what: 'no store',
    argv: ['audit', 'verify'],
    spoil: (folder) => rmSync(join(folder, 'desk.db')),
    exit: 7,
    code: 'store-unreachable',
    says: /there is no store at .*desk\.db/,
  },
  {
    what: 'no key file',
    argv: ['audit', 'verify'],
    spoil: (folder) => rmSync(join(folder, 'master.key')),
    exit: 7,
    code: 'key-missing',
    says: /there is no key file at .*master\.key/,
  },
  {
    what: 'the key of another store',
    argv: ['audit', 'verify'],
    spoil: (folder) => otherKey(folder, 'master.key'),
    exit: 8,
    code: 'key-mismatch',
    says: /master\.key is not the key of the store/,
  },
  {
    what: 'a key file that others can read',
    argv: ['audit', 'verify'],
    spoil: (folder) => chmodSync(join(folder, 'master.key'), 0o644),
    exit: 7,
    code: 'config',
    says: /other users can read the key file .* \(mode 644\)/,
  },
  {
    what: 'a key file that is none',
    argv: ['audit', 'verify'],
    spoil: (folder) => writeFileSync(join(folder, 'master.key'), 'open sesame\n'),
    exit: 7,
    code: 'config',
    says: /master key from .* cannot be read/,
  },
  {
    what: 'a store that others can write',
    argv: ['audit', 'verify'],
    spoil: (folder) => chmodSync(join(folder, 'desk.db'), 0o666),
    exit: 7,
    code: 'config',
    says: /other users can write to .*desk\.db \(mode 666\)/,
  },
  {
    what: 'a folder that others can write',
    argv: ['audit', 'verify'],
    spoil: (folder) => chmodSync(folder, 0o777),
    exit: 7,
    code: 'config',
    says: /other users can write to .* \(mode 777\)/,
  },
  {
    what: 'a store of a newer version',
    argv: ['audit', 'verify'],
    spoil: (folder) => inStore(folder, "insert into kysely_migration values ('9999-later', '2030-01-01')"),
    exit: 7,
    code: 'config',
    says: /was made by a newer version of countersign/,
  },
  {
    what: 'a file that is no store',
    argv: ['audit', 'verify'],
    spoil: (folder) => writeFileSync(join(folder, 'desk.db'), 'x'.repeat(9000)),
    exit: 8,
    code: 'store-corrupt',
    says: /damaged or not a countersign store/,
  },
  {
    what: 'a secret behind an option that there is not',
    argv: ['verify', '--passphrase=open sesame'],
    exit: 2,
    code: 'usage',
    says: /^countersign: unknown option '--passphrase'\n/,
  },
  {
    what: 'a config file that is not TOML, beside a line with a password',
    argv: ['--config', 'broken.toml', 'audit', 'verify'],
    spoil: (folder) =>
      writeFileSync(join(folder, 'broken.toml'), 'store = "postgres://desk:open-sesame@db/desk"\nbroken = = 3\n'),
    exit: 7,
    code: 'config',
    says: /broken\.toml is not valid TOML, line 2: invalid value\n/,
  },
  {
    what: 'a PostgreSQL that is not there',
    argv: ['--store', 'postgres://desk:open-sesame@127.0.0.1:1/desk', 'audit', 'verify'],
    exit: 7,
    code: 'store-unreachable',
    says: /PostgreSQL at postgres:\/\/127\.0\.0\.1:1\/desk cannot be reached/,
  },
  ...['sqlite:///tmp/desk.db', 'foo://bar:open-sesame@h/desk', 'postgres:desk', 'jdbc:postgresql://h/desk'].map(
    (store) => ({
      what: `the address ${store.replace(/:open.*/, '')}, which is none`,
      argv: ['--store', store, 'audit', 'verify'],
      exit: 7,
      code: 'config',
      says: /an address of a store cannot begin with (sqlite:\/\/|foo:\/\/|postgres:|jdbc:postgresql:\/\/)\n/,
    }),
  ),
  {
    what: 'an address that is none in the config file',
    argv: ['--config', 'foreign.toml', 'audit', 'verify'],
    spoil: (folder) => writeFileSync(join(folder, 'foreign.toml'), 'store = "mysql://desk:open-sesame@db/desk"\n'),
    env: { COUNTERSIGN_STORE: '' },
    exit: 7,
    code: 'config',
    says: /an address of a store cannot begin with mysql:\/\/\n/,
  },
  {
    what: 'a PostgreSQL in capitals that is not there',
    argv: ['--store', 'POSTGRES://desk:open-sesame@127.0.0.1:1/desk', 'audit', 'verify'],
    exit: 7,
    code: 'store-unreachable',
    says: /PostgreSQL at postgres:\/\/127\.0\.0\.1:1\/desk cannot be reached/,
  },
  ...(
    [
      ['drop table sso_subjects', ['audit', 'verify'], /the table sso_subjects is missing/],
      ['drop table alarms', ['audit', 'list'], /the table alarms is missing; nothing was changed/],
      ['drop table calls', ['call', 'list'], /the table calls is missing; nothing was changed/],
      ['drop table search_words', ['user', 'search', 'x'], /the table search_words is missing; nothing was changed/],
      ['drop table kysely_migration', ['audit', 'list'], /the table kysely_migration is missing/],
      ['drop table meta', ['store', 'migrate'], /not a countersign store \(no such table: meta\)/],
      ['drop table policy_pins', ['audit', 'list'], /not a countersign store \(no such table: policy_pins\)/],
      ['create trigger t before insert on calls begin select 1; end', ['audit', 'verify'], /form of the table calls/],
    ] as const
  ).map(([what, argv, says]) => ({
    what: `a store after: ${what}`,
    argv,
    spoil: (folder: string) => inStore(folder, what),
    exit: 8,
    code: 'store-corrupt',
    says,
  })),
  {
    what: 'a changed byte in the log',
    argv: ['audit', 'verify'],
    spoil: (folder) => inStore(folder, "update audit_entries set body = replace(body, 'done', 'gone') where seq = 1"),
    exit: 8,
    code: 'audit-broken',
    says: /does not check out: entry 1 is not what was hashed/,
  },
  {
    what: 'a head of the log that somebody changed, when writing',
    argv: ['account', 'add', 'X', '--number', '1', '--edition', 'classic'],
    spoil: (folder) => inStore(folder, 'update audit_head set latest_at = 1'),
    exit: 8,
    code: 'store-corrupt',
    says: /head of the audit log is not valid/,
  },
  {
    what: 'a checkpoint that is not there',
    argv: ['audit', 'verify', '--checkpoint', 'none.txt'],
    exit: 2,
    code: 'invalid-input',
    says: /none\.txt cannot be read/,
  },
  {
    what: 'a checkpoint that is none',
    argv: ['audit', 'verify', '--checkpoint', 'note.txt'],
    spoil: (folder) => writeFileSync(join(folder, 'note.txt'), 'hello\n'),
    exit: 8,
    code: 'audit-broken',
    says: /not a signed note/,
  },
  {
    what: 'a policy with faults',
    argv: ['policy', 'check', 'policy'],
    spoil: (folder) => {
      mkdirSync(join(folder, 'policy'));
      for (const name of ['actions', 'roles', 'limits']) {
        copyFileSync(join(repositoryRoot, 'data', `${name}.json`), join(folder, 'policy', `${name}.json`));
      }
      const path = join(folder, 'policy', 'limits.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"minLength": 15', '"minLength": 3'));
    },
    exit: 7,
    code: 'config',
    says: /has 1 fault/,
  },
  {
    what: 'a policy folder that is not there',
    argv: ['policy', 'check', 'nowhere'],
    exit: 7,
    code: 'config',
    says: /policy file .*nowhere.* cannot be read/,
  },
  {
    what: 'a backup over a file',
    argv: ['store', 'backup', 'master.key'],
    exit: 2,
    code: 'invalid-input',
    says: /the file master\.key already exists/,
  },
  {
    what: 'an entry that is not there',
    argv: ['audit', 'prove', '999'],
    exit: 2,
    code: 'not-found',
    says: /the log has no entry 999; it has 3 entries/,
  },
  { what: 'a number that is none', argv: ['audit', 'prove', 'last'], exit: 2, code: 'invalid-input', says: /entry/ },
  {
    what: 'a limit that is none',
    argv: ['audit', 'list', '--limit', 'all'],
    exit: 2,
    code: 'invalid-input',
    says: /--limit/,
  },
  {
    what: 'a kind that cannot be one',
    argv: ['audit', 'list', '--kind', "x' or 1=1"],
    exit: 2,
    code: 'invalid-input',
    says: /--kind/,
  },
  {
    what: 'a time that is none',
    argv: ['audit', 'list', '--since', 'soon'],
    exit: 2,
    code: 'invalid-input',
    says: /--since: "soon" is not a time/,
  },
  {
    what: 'a report of the future',
    argv: ['report', '--since', '2999-01-01'],
    exit: 2,
    code: 'invalid-input',
    says: /--since: "2999-01-01" lies ahead/,
  },
  {
    what: 'an unknown operator',
    argv: ['audit', 'list', '--by', 'nobody'],
    exit: 2,
    code: 'not-found',
    says: /no operator matches "nobody"/,
  },
  {
    what: 'an unknown option',
    argv: ['audit', 'list', '--who', 'x'],
    exit: 2,
    code: 'usage',
    says: /unknown option '--who'/,
  },
  {
    what: 'an unknown message',
    argv: ['outbox', 'show', 'msg_x'],
    exit: 2,
    code: 'not-found',
    says: /no message has the id msg_x/,
  },
  {
    what: 'an unknown edition (B01)',
    argv: ['account', 'add', 'X', '--number', '1', '--edition', 'modern'],
    exit: 2,
    code: 'invalid-input',
    says: /edition/,
  },
  {
    what: 'an unknown action',
    argv: ['verify', '--account', '1', '--caller', 'ana', '--for', 'billing:wipe'],
    exit: 2,
    code: 'invalid-input',
    says: /billing:wipe/,
  },
  {
    what: 'a malformed CSV, with line and column',
    argv: ['account', 'import', 'bad.csv'],
    spoil: (folder) =>
      writeFileSync(join(folder, 'bad.csv'), 'number,name,edition,sso\n1,One,classic,\n2,Two,modern,\n'),
    exit: 2,
    code: 'invalid-input',
    says: /line 3, column edition/,
  },
  {
    what: 'nobody signed in',
    argv: ['store', 'info'],
    env: { COUNTERSIGN_TOKEN: '' },
    exit: 3,
    code: 'not-signed-in',
    says: /nobody is signed in/,
  },
  {
    what: 'a token that is none',
    argv: ['outbox', 'list'],
    env: { COUNTERSIGN_TOKEN: 'cs_x' },
    exit: 3,
    code: 'not-signed-in',
    says: /does not know the token/,
  },
  ...(
    [
      [
        'a ticket of 201 characters',
        ['verify', '--account', '1', '--caller', 'a', '--for', 'x', '--ticket', 't'.repeat(201)],
      ],
      ['a reason of 1,001 characters', ['mfa', 'freeze', '--reason', 'r'.repeat(1_001)]],
      ['fifty thousand characters to search for', ['user', 'search', 'x'.repeat(50_000)]],
      ['a kind of entry of fifty thousand characters', ['audit', 'list', '--kind', 'x'.repeat(50_000)]],
    ] as const
  ).map(([what, argv]) => ({ what, argv, exit: 2, code: 'invalid-input', says: /is longer than \d+ characters/ })),
  ...[['x'.repeat(50_000)], ['help', 'x'.repeat(50_000)], ['audit', 'list', `--${'x'.repeat(50_000)}`]].map((argv) => ({
    what: `a word of fifty thousand characters after ${argv.length - 1} others`,
    argv,
    exit: 2,
    code: 'usage',
    says: /^[\s\S]{1,600}$/,
  })),
];

describe('bad input', () => {
  let whole: string;
  let folder: string;
  let token: string;

  const surroundings = (env: Readonly<Record<string, string>>) => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LANG: 'C.UTF-8',
    CI: '1',
    COUNTERSIGN_STORE: join(folder, 'desk.db'),
    COUNTERSIGN_KEY_FILE: join(folder, 'master.key'),
    COUNTERSIGN_TOKEN: token,
    ...env,
  });
  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Run => {
    const ended = spawnSync(process.execPath, [executable, ...argv], {
      cwd: folder,
      env: surroundings(env),
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { exit: ended.status, stdout: ended.stdout, stderr: ended.stderr };
  };
  const startedIn = process.cwd();
  const runJson = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> => {
    process.chdir(folder);
    try {
      return await runInside(['--json', ...argv], { env: surroundings(env), machine: { uid: process.getuid?.() } });
    } finally {
      process.chdir(startedIn);
    }
  };

  beforeAll(() => {
    const built = spawnSync(process.execPath, [join(repositoryRoot, 'bin', 'ensure.mjs')], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`countersign could not be built:\n${built.stderr}`);
    whole = mkdtempSync(join(tmpdir(), 'countersign-whole-'));
    folder = whole;
    token = '';
    const made = run(['--json', 'init', '--token']);
    if (made.exit !== 0) throw new Error(`no desk to spoil: ${made.stdout}${made.stderr}`);
    token = (JSON.parse(made.stdout) as { token: string }).token;
  }, 300_000);
  afterAll(() => rmSync(whole, { recursive: true, force: true }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-bad-'));
    for (const name of ['desk.db', 'master.key']) {
      copyFileSync(join(whole, name), join(folder, name));
      chmodSync(join(folder, name), 0o600);
    }
    return () => rmSync(folder, { recursive: true, force: true });
  });

  it('teeth: as made, the same commands succeed', () => {
    expect(run(['audit', 'verify'])).toMatchObject({ exit: 0, stderr: '' });
    expect(run(['policy', 'check']).exit).toBe(0);
    expect(run(['doctor']).exit).toBe(0);
  });

  it('teeth: a process prints the same document', async () => {
    for (const argv of [
      ['audit', 'prove', '999'],
      ['outbox', 'show', 'msg_x'],
      ['audit', 'list', '--who', 'x'],
    ]) {
      const { exit, stdout, stderr } = await runJson(argv);
      expect(run(['--json', ...argv])).toEqual({ exit, stdout, stderr });
    }
  });

  it.each(CASES.map((each) => [each.what, each] as const))(
    '%s',
    async (_what, { argv, spoil, env, exit, code, says }) => {
      spoil?.(folder);
      const before = storeBytes(folder);
      const text = run(argv, env);
      const json = await runJson(argv, env);

      expect(text.exit).toBe(exit);
      expect(text.stdout).toBe('');
      expect(text.stderr).toMatch(/^countersign: /);
      expect(text.stderr.replace(/\n {2,}/g, ' ')).toMatch(says);
      expect(json.exit).toBe(exit);
      expect(json.stderr).toBe('');
      const document = JSON.parse(json.stdout) as { error: { code: string; message: string } };
      expect(json.stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(document.error.code).toBe(code);
      for (const shown of [text.stderr, json.stdout]) {
        expect(shown).not.toMatch(/open-sesame|open sesame|countersign-key-v1:[\w-]|\n {4}at /);
      }
      expect(storeBytes(folder).equals(before)).toBe(true);
    },
  );

  it.each(CASES.slice(0, 9).map((each) => [each.what, each] as const))(
    'doctor says so too: %s',
    async (_what, { spoil }) => {
      spoil?.(folder);
      const { exit, stdout } = await runJson(['doctor']);
      expect(exit).toBe(7);
      const { error, findings } = JSON.parse(stdout) as {
        error: { code: string };
        findings: { state: string; mend?: string }[];
      };
      expect(error.code).toBe('config');
      const amiss = findings.filter(({ state }) => state === 'wrong' || state === 'missing');
      expect(amiss.length).toBeGreaterThan(0);
      expect(amiss.every(({ mend }) => mend !== undefined)).toBe(true);
    },
  );
});

function storeBytes(folder: string): Buffer {
  try {
    return readFileSync(join(folder, 'desk.db'));
  } catch {
    return Buffer.alloc(0);
  }
}
