/**
 * B71, role × command. The table is written from the sentence of B71, and knows no permission and no policy: verifier
 * verifies; agent also resets with a grant; lead also approves, unlocks, bulk-resets; admin also manages operators, policy, imports;
 * auditor reads the audit log and nothing else. A command that is not placed here fails: whoever adds one says who may type it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/commands/catalogue.js';
import type { Command } from '../../src/commands/command.js';
import { finishEstablishing } from '../../src/procedures/operators/establish-desk.js';
import { prepareOperator } from '../../src/procedures/operators/make-operator.js';
import { createToken } from '../../src/procedures/operators/operator-tokens.js';
import { permits } from '../../src/rules/operator-roles.js';
import { OPERATOR_ROLES, type OperatorRole } from '../../src/rules/people.js';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { argvOf, runCommand } from '../support/in-process.js';
import { engines, type TestDesk, testDesk } from '../support/test-desk.js';

const ON_CALLS: readonly OperatorRole[] = ['verifier', 'agent', 'lead', 'admin'];
const RESETS: readonly OperatorRole[] = ['agent', 'lead', 'admin'];
const LEADS: readonly OperatorRole[] = ['lead', 'admin'];
const ADMINS: readonly OperatorRole[] = ['admin'];
const READS_THE_LOG: readonly OperatorRole[] = ['admin', 'auditor'];
/** A lead, what it says of one caller; anything wider is refused by the procedure (B83). */
const READS_OF_A_CALLER: readonly OperatorRole[] = ['lead', ...READS_THE_LOG];
const EVERY_ROLE: readonly OperatorRole[] = ['verifier', 'agent', 'lead', 'admin', 'auditor'];

/** `anyone`: without signing in as an operator. What it does is guarded by something else, or touches no desk. */
const WHO: Readonly<Record<string, readonly OperatorRole[] | 'anyone'>> = {
  console: ON_CALLS,
  verify: ON_CALLS,
  'call list': ON_CALLS,
  'call show': ON_CALLS,
  'call note': ON_CALLS,
  'grant list': ON_CALLS,
  'grant revoke': ON_CALLS,
  'account list': ON_CALLS,
  'account show': ON_CALLS,
  'account search': ON_CALLS,
  'user list': ON_CALLS,
  'user show': ON_CALLS,
  'user search': ON_CALLS,
  'mfa status': ON_CALLS,
  'mfa pending': ON_CALLS,
  'mfa resend': RESETS,
  'job list': ON_CALLS,
  'job show': ON_CALLS,
  'approval list': ON_CALLS,
  'approval show': ON_CALLS,
  'desk status': ON_CALLS,
  'desk resume': LEADS,
  'mfa reset': RESETS,
  'passphrase setup': RESETS,
  'user invite': RESETS,
  'mfa freeze': LEADS,
  'mfa thaw': LEADS,
  'job resume': LEADS,
  'mfa reconcile': LEADS,
  'events resend': LEADS,
  'job undo': LEADS,
  'approval approve': LEADS,
  'approval reject': LEADS,
  'user unlock': LEADS,
  'connector list': LEADS,
  'connector check': LEADS, // it uses the token of the settings
  'outbox list': LEADS,
  'outbox show': LEADS,
  report: LEADS,
  'outbox flush': LEADS,
  'outbox test': LEADS,
  'account add': ADMINS,
  'account edit': ADMINS,
  'account disable': ADMINS,
  'account enable': ADMINS,
  'account import': ADMINS,
  'account export': ADMINS,
  'user add': ADMINS,
  'user edit': ADMINS,
  'user disable': ADMINS,
  'user enable': ADMINS,
  'user successor': ADMINS,
  'user import': ADMINS,
  'user export': ADMINS,
  'operator add': ADMINS,
  'operator list': ADMINS,
  'operator edit': ADMINS,
  'operator disable': ADMINS,
  'operator start': 'anyone', // it takes the start code
  'operator recover': 'anyone', // it takes a recovery code of one's own; otherwise it asks for an admin and a second operator itself
  'operator password': EVERY_ROLE, // one's own, with the old one
  'operator recovery-codes': EVERY_ROLE, // one's own
  'operator token create': ADMINS,
  'operator token list': ADMINS,
  'operator token revoke': ADMINS,
  'policy accept': ADMINS,
  'policy show': ADMINS,
  serve: ADMINS,
  'store info': ADMINS,
  'store backup': ADMINS,
  'store rekey': ADMINS,
  'key backup': ADMINS,
  'key jwks': READS_THE_LOG, // a public key
  'audit list': READS_OF_A_CALLER,
  'audit verify': READS_THE_LOG,
  'audit export': READS_THE_LOG,
  'audit prove': READS_THE_LOG,
  'audit checkpoint': READS_THE_LOG,
  'audit receipt': EVERY_ROLE,
  'receipt show': EVERY_ROLE, // of one's own calls
  'receipt check': 'anyone', // a file and a public key
  whoami: EVERY_ROLE,
  login: 'anyone',
  logout: 'anyone',
  init: 'anyone', // refused where there is a desk
  demo: 'anyone', // a desk of its own
  smoke: 'anyone',
  doctor: 'anyone', // states, no customers
  completion: 'anyone',
  'completion bash': 'anyone',
  'completion words': 'anyone', // ids come from the lists of whoever is signed in
  'completion zsh': 'anyone',
  'completion fish': 'anyone',
  'passphrase generate': 'anyone', // chance, no desk
  'passphrase check': 'anyone',
  'key restore': 'anyone', // the desk cannot be opened without it; it takes the copy and its passphrase
  'policy check': 'anyone', // files, no desk
  'store clock': 'anyone', // sessions have ended then: it signs people in itself
  'store migrate': 'anyone', // a desk that cannot be opened yet; it takes the store's key
  'store restore': 'anyone', // a desk that is gone; where there is one, it asks for an admin itself
  // A user's own doing: guarded by the application password.
  'portal activate': 'anyone',
  'portal login': 'anyone',
  'portal logout': 'anyone',
  'portal password': 'anyone',
  'portal profile': 'anyone',
  'portal passphrase show': 'anyone',
  'portal passphrase set': 'anyone',
  'portal mfa list': 'anyone',
  'portal mfa add': 'anyone',
  'portal mfa remove': 'anyone',
  'portal mfa backup-codes': 'anyone',
  'portal mfa require': 'anyone',
  'portal team list': 'anyone',
  'portal team grant': 'anyone',
  'portal team revoke': 'anyone',
  'portal team promote': 'anyone',
  'portal team hand-over': 'anyone',
  'portal devices forget': 'anyone',
  'portal devices list': 'anyone',
  'portal sessions end': 'anyone',
  'portal sessions list': 'anyone',
  'portal resend': 'anyone',
  'portal reset': 'anyone',
  'portal reset object': 'anyone',
};

const commands: readonly Command[] = await Promise.all(CATALOGUE.map((entry) => entry.load())).then((all) => [
  ...new Map(all.flat().map((spec) => [spec.path, spec])).values(),
]);
const denied = commands.flatMap((spec) => {
  const who = WHO[spec.path];
  if (who === undefined || who === 'anyone') return [];
  return OPERATOR_ROLES.filter((role) => !who.includes(role)).map((role) => ({ spec, role }));
});

/** A line as a person would type it, from the command's own examples. */
function lineOf(spec: Command): readonly string[] {
  const typed = spec.examples.map(argvOf).find((argv) => argv.join(' ').startsWith(spec.path));
  return [...(typed ?? spec.path.split(' ')), '--json', '--no-input'];
}

async function tokensOf(place: TestDesk): Promise<Record<OperatorRole, string>> {
  const made = OPERATOR_ROLES.map(async (role) => {
    const owner = await place.operator(role);
    const wish = { owner: owner.operator.id, label: 'matrix' };
    const { token } = await createToken(place.desk, await place.operator('admin'), wish);
    return [role, token.token] as const;
  });
  return Object.fromEntries(await Promise.all(made)) as Record<OperatorRole, string>;
}

describe('B71 the table', () => {
  it('every command is placed', () => {
    expect(commands.map(({ path }) => path).filter((path) => !(path in WHO))).toEqual([]);
    expect(commands.length).toBeGreaterThan(50);
  });

  it.each(commands.filter(({ path }) => path in WHO).map((spec) => [spec.path, spec] as const))(
    '%s is open to exactly those',
    async (path, spec) => {
      const place = await shipped();
      const who = WHO[path];
      if (who === 'anyone') return expect(spec.access).toBe('anyone');
      expect(spec.access).not.toBe('anyone');
      const { access } = spec;
      const may = OPERATOR_ROLES.filter(
        (role) => access === 'signed-in' || (access !== 'anyone' && permits(place.desk.policy, role, access)),
      );
      expect(may.toSorted()).toEqual([...(who ?? [])].sort());
    },
  );

  let one: TestDesk | undefined;
  const shipped = async (): Promise<TestDesk> => {
    one ??= await testDesk('sqlite');
    return one;
  };
  afterAll(() => one?.close());
});

describe.each(engines)('B71 enforced where a command begins, on %s', (engine) => {
  let place: TestDesk;
  let tokens: Record<OperatorRole, string>;
  beforeAll(async () => {
    place = await testDesk(engine);
    const operator = await prepareOperator(place.desk, { name: 'founder', role: 'admin' });
    await finishEstablishing(place.desk, { operator, token: null, recovery: null });
    tokens = await tokensOf(place);
  });
  afterAll(() => place.close());

  it(`each of the ${denied.length} forbidden pairs ends with exit 3, changes nothing, and is in the log as denied`, {
    timeout: 180_000,
  }, async () => {
    for (const { spec, role } of denied) {
      const what = `${role}: ${spec.path}`;
      const answer = await runCommand(place, lineOf(spec), {
        COUNTERSIGN_TOKEN: tokens[role],
      });
      expect(answer.exit, `${what} ${answer.stdout}`).toBe(3);
      expect(JSON.parse(answer.stdout), what).toMatchObject({ error: { code: 'forbidden' } });
    }
    const entries = (await place.desk.store.read.audit.newest({ kind: 'operator.denied' }, 1_000)).map((row) =>
      JSON.parse(row.body),
    );
    expect(entries).toHaveLength(denied.length);
    const logged = entries.map(
      ({ detail }: { detail: { role: string; command: string } }) => `${detail.role}: ${detail.command}`,
    );
    expect(logged.toSorted()).toEqual(denied.map(({ spec, role }) => `${role}: ${spec.path}`).toSorted());
    const others = (await place.desk.store.read.audit.newest({}, 1_000)).map(
      (row) => (JSON.parse(row.body) as { kind: string }).kind,
    );
    expect(new Set(others)).toEqual(new Set(['desk.founded', 'operator.added', 'token.created', 'operator.denied']));
  });

  it('without a token or a session every guarded command ends with exit 3: not signed in', async () => {
    for (const spec of commands.filter(({ access }) => access !== 'anyone')) {
      const answer = await runCommand(place, lineOf(spec));
      expect(answer.exit, spec.path).toBe(3);
      expect(JSON.parse(answer.stdout), spec.path).toMatchObject({ error: { code: 'not-signed-in' } });
    }
  });

  it('an agent resets with a grant only: without one, or many at once, is for leads', async () => {
    const attempts = [
      ['mfa', 'reset', '--all', '--account', '100234', '--reason', 'r', '--ticket', 'T-1', '--dry-run'],
      ['mfa', 'reset', '100234/ana', '--reason', 'r', '--ticket', 'T-1'],
    ];
    for (const argv of attempts) {
      const answer = await runCommand(place, [...argv, '--json', '--no-input'], { COUNTERSIGN_TOKEN: tokens.agent });
      expect(answer.exit, answer.stdout).not.toBe(0);
      expect(answer.stdout).toMatch(/"code":"(forbidden|no-grant|not-found)"/);
    }
  });
});

describe('B71 in processes of the built command', () => {
  let place: BuiltDesk;
  const tokens = new Map<OperatorRole, string>();
  beforeAll(async () => {
    requireBuilt();
    place = await builtDesk('sqlite');
    const { token } = await place.must(['init', '--token', '--json']);
    const env = { COUNTERSIGN_TOKEN: String(token) };
    for (const role of OPERATOR_ROLES) {
      await place.must(['operator', 'add', `a ${role}`, '--role', role, '--no-password'], '', env);
      const made = await place.must(['operator', 'token', 'create', `a ${role}`, '--role', role, '--json'], '', env);
      tokens.set(role, String(made['token']));
    }
  }, 300_000);
  afterAll(() => place.close());

  const attempt = async (role: OperatorRole, argv: readonly string[]) => {
    const { code, stdout } = await place.run([...argv, '--json'], '', { COUNTERSIGN_TOKEN: tokens.get(role) ?? '' });
    const { error } = stdout.startsWith('{"error"')
      ? (JSON.parse(stdout) as { error: { code: string } })
      : { error: { code: 'done' } };
    return `${code} ${error.code}`;
  };

  it.each([
    ['verifier', ['user', 'unlock', '100234/ana', '--reason', 'r']],
    ['agent', ['operator', 'list']],
    ['lead', ['account', 'add', 'Northwind', '--number', '1', '--edition', 'classic']],
    ['auditor', ['account', 'list']],
    ['auditor', ['verify', '--account', '1', '--caller', 'a', '--for', 'billing:change', '--forgot']],
  ] as const)('%s is denied %j', async (role, argv) => {
    expect(await attempt(role, argv)).toBe('3 forbidden');
  });

  it.each([
    ['verifier', ['account', 'list']],
    ['agent', ['grant', 'list']],
    ['lead', ['outbox', 'list']],
    ['admin', ['operator', 'list']],
    ['auditor', ['audit', 'list', '--limit', '1']],
  ] as const)('%s may run %j', async (role, argv) => {
    expect(await attempt(role, argv)).toBe('0 done');
  });
});
