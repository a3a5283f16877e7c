/**
 * B83: a customer is seen only in a call. Walks every command that verifiers and agents may type, with contacts that stand nowhere else,
 * and looks for them in what is printed; then the same with a grant, and as a lead; and what the log says of each view.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/commands/catalogue.js';
import type { SignedOperator } from '../../src/desk.js';
import { openEngine } from '../../src/opening/open-desk.js';
import { beginCall, noteOnCall, resumeCall } from '../../src/procedures/calls/live-calls.js';
import { userSearchKeys } from '../../src/procedures/directory/directory-rows-of-store.js';
import { exportUsers } from '../../src/procedures/directory/export-directory.js';
import { viewAllUsers, viewUser, viewUsers } from '../../src/procedures/directory/see-people.js';
import { finishEstablishing } from '../../src/procedures/operators/establish-desk.js';
import { prepareOperator } from '../../src/procedures/operators/make-operator.js';
import { createToken } from '../../src/procedures/operators/operator-tokens.js';
import { permits } from '../../src/rules/operator-roles.js';
import { type PhoneDesk, phoneDesk } from '../procedures/phone-desk.js';
import { userRow } from '../store/rows.js';
import { argvOf, runCommand } from '../support/in-process.js';
import { engines } from '../support/test-desk.js';

const PHONES = { ana: '+1 206 555 9801', ben: '+1 206 555 9802', sue: '+1 206 555 9803' } as const;
type Known = keyof typeof PHONES;
const KNOWN = Object.keys(PHONES) as readonly Known[];

/** A line for each command that a verifier or an agent may type; `null`: it shows nobody, or asks a person (console.test.ts). */
const LINES: Readonly<Record<string, readonly string[] | null>> = {
  'account list': ['account list'],
  'account search': ['account search north'],
  'account show': ['account show 100234'],
  'approval list': ['approval list'],
  'approval show': ['approval show apr_none'],
  'call list': ['call list'],
  'call note': ['call note call_zzzzzz'],
  'call show': ['call show call_zzzzzz'],
  'desk status': ['desk status'],
  'grant list': ['grant list'],
  'grant revoke': ['grant revoke gr_none'],
  'job list': ['job list'],
  'job show': ['job show job_none'],
  'mfa pending': ['mfa pending', 'mfa pending --csv'],
  'mfa resend': ['mfa resend 100234/ben --grant gr_none'],
  'mfa reset': ['mfa reset 100234/ben --grant gr_none --reason lost'],
  'mfa status': ['mfa status 100234/ana', 'mfa status ana@mail.example --account 100234'],
  'passphrase setup': ['passphrase setup 100234/uma', 'passphrase setup 100234/ana --send-code'],
  'user invite': ['user invite 100234/ana'],
  'user list': ['user list', 'user list --account 100234', 'user list --limit 500'],
  'user search': ['user search ana', 'user search ana@mail.example', 'user search 5559801'],
  'user show': ['user show 100234/ana', 'user show ana@mail.example --account 100234'],
  verify: ['verify --account 100234 --caller ana --for billing:change --forgot'],
  'audit receipt': null,
  'receipt show': null,
  console: null,
  'operator password': null,
  'operator recovery-codes': null,
  whoami: null,
};

describe.each(engines)('who sees whose contacts (B83), on %s', (engine) => {
  let place: PhoneDesk;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
    const founder = await prepareOperator(place.desk, { name: 'founder', role: 'admin' });
    await finishEstablishing(place.desk, { operator: founder, token: null, recovery: null });
    const people = await Promise.all(
      KNOWN.map(async (login) => ({ user: await place.user(login), phone: PHONES[login] })),
    );
    await place.write(async (write) => {
      for (const { user, phone } of people) {
        await write.users.update(user.id, { phone, phone_digits: phone.replace(/\D/g, '') });
        await write.search.replace([userSearchKeys(user.id, { ...user, phone })]);
      }
    });
    const admin = await place.operator('admin');
    for (const role of ['verifier', 'agent', 'lead', 'auditor'] as const) {
      const owner = role === 'agent' ? place.agent : await place.operator(role);
      const { token } = await createToken(place.desk, admin, { owner: owner.operator.id, label: role });
      tokens.set(role, token.token);
    }
  });
  afterAll(() => place.close());

  const type = (role: string, line: string, ...more: readonly string[]) =>
    runCommand(place, [...argvOf(`countersign ${line}`), '--no-input', ...more], {
      COUNTERSIGN_TOKEN: tokens.get(role) ?? '',
    });
  /** Whose address or number stands in what was printed. */
  const seenIn = (text: string): readonly string[] =>
    KNOWN.filter((login) => text.includes(`${login}@mail.example`) || text.includes(PHONES[login]));
  const printed = async (role: string, line: string) => {
    const answers = [await type(role, line), await type(role, line, '--json')];
    return answers.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('\n');
  };
  const viewed = async () =>
    (await place.entries()).filter(({ kind }) => kind === 'user.viewed' || kind === 'directory.viewed');

  it('every command that a verifier or an agent may type stands in the table', async () => {
    const commands = (await Promise.all(CATALOGUE.map((entry) => entry.load()))).flat();
    const theirs = commands.filter(
      ({ access }) => access === 'signed-in' || (access !== 'anyone' && permits(place.desk.policy, 'agent', access)),
    );
    expect([...new Set(theirs.map(({ path }) => path))].sort()).toEqual(Object.keys(LINES).sort());
  });

  // What is printed is the same on every engine.
  const lines = engine === 'sqlite' ? Object.values(LINES).flatMap((some) => some ?? []) : (LINES['user search'] ?? []);
  it.each(lines)('%s: no contact in full without a grant, in text or JSON', async (line) => {
    for (const role of ['verifier', 'agent']) {
      const text = await printed(role, line);
      // What was typed may be repeated in a refusal; it is nothing new.
      expect(seenIn(text.replaceAll(line.split(' ').at(-1) ?? '', '')), `${role}: ${text}`).toEqual([]);
    }
  });

  it('they are masked, and said to be', async () => {
    const { stdout } = await type('agent', 'user show 100234/ana', '--json');
    expect(JSON.parse(stdout).user).toMatchObject({ email: 'a…@mail.example', phone: '…01', contacts: 'masked' });
  });

  it('with a grant that caller alone, once in the log for all views under it, until it ends', async () => {
    const { grant } = await place.call();
    const before = (await viewed()).length;
    expect(seenIn(await printed('agent', 'user show 100234/ana'))).toEqual(['ana']);
    expect(seenIn(await printed('agent', 'user show 100234/ben'))).toEqual([]);
    expect(seenIn(await printed('verifier', 'user show 100234/ana'))).toEqual([]);
    const entries = (await viewed()).slice(before);
    const ana = await place.user('ana');
    expect(entries.filter(({ detail }) => detail?.['contacts'] === 'full')).toMatchObject([
      { kind: 'user.viewed', user: ana.id, detail: { view: 'user', grant: grant?.id } },
    ]);
    expect(seenIn(await printed('agent', 'user list'))).toEqual(['ana']);
    expect((await viewed()).at(-1)).toMatchObject({
      kind: 'directory.viewed',
      detail: { list: 'user list', people: 1 },
    });
    place.clock.advance(16 * 60_000);
    expect(seenIn(await printed('agent', 'user show 100234/ana'))).toEqual([]);
  });

  it('T20 an entry that the log does not vouch for is no reason to leave a view out of it', async () => {
    place.clock.advance(16 * 60_000);
    const { grant } = await place.call();
    const [ana, other] = [await place.user('ana'), await openEngine(place.settings.store, false)];
    const forged = {
      ...{ kind: 'user.viewed', outcome: 'done', seq: 900_000, at: place.desk.now(), user: ana.id },
      ...{ by: { id: place.agent.operator.id }, detail: { view: 'user', grant: grant?.id } },
    };
    const values = sql`(${forged.seq}, ${JSON.stringify(forged)}, ${Buffer.alloc(32)})`;
    await sql`insert into audit_entries (seq, body, leaf) values ${values}`.execute(other.db);
    expect(seenIn((await type('agent', 'user show 100234/ana')).stdout)).toEqual(['ana']);
    await sql`delete from audit_entries where seq = ${forged.seq}`.execute(other.db);
    await other.close();
    expect((await viewed()).at(-1)).toMatchObject({ user: ana.id, detail: { view: 'user', grant: grant?.id } });
  });

  it('a grant of before a change of privileges shows nothing', async () => {
    await place.call();
    const ana = await place.user('ana');
    await place.write((write) => write.users.bumpAuthority(ana.id));
    expect(seenIn(await printed('agent', 'user show 100234/ana'))).toEqual([]);
  });

  it.each([
    ['user list', KNOWN, 'directory.viewed', KNOWN.length],
    ['user list --account 100234', KNOWN, 'directory.viewed', KNOWN.length],
    ['user search ana@mail.example', ['ana'], 'directory.viewed', 1],
    ['user show 100234/ana', ['ana'], 'user.viewed', undefined],
  ] as const)('a lead sees them in full by %s, and each time leaves one entry', async (line, whom, kind, least) => {
    const before = (await viewed()).length;
    const { stdout } = await type('lead', line, '--json');
    expect(seenIn(stdout)).toEqual(whom);
    const entries = (await viewed()).slice(before);
    expect(entries).toMatchObject([{ kind, by: { name: expect.stringContaining('lead') } }]);
    if (least !== undefined) expect(entries[0]?.detail?.['people']).toBeGreaterThanOrEqual(least);
  });

  it('the log holds no contact in clear, not even what was searched for', async () => {
    expect(seenIn(JSON.stringify(await place.entries()))).toEqual([]);
    const search = (await viewed()).find(({ detail }) => detail?.['list'] === 'user search');
    expect(search?.detail?.['filter']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('the outbox shows nobody an address in full', async () => {
    await type('agent', 'user invite 100234/ben');
    const listed = await type('lead', 'outbox list', '--json');
    const { messages } = JSON.parse(listed.stdout) as { messages: readonly { id: string }[] };
    expect(messages.length).toBeGreaterThan(0);
    expect(seenIn(`${listed.stdout}${await printed('lead', `outbox show ${messages[0]?.id ?? ''}`)}`)).toEqual([]);
  });

  it('no audit, no view: what cannot be logged is not shown', async () => {
    const { desk } = place;
    const mute = { ...desk, store: { ...desk.store, record: () => Promise.reject(new Error('no room')) } };
    const ana = await place.user('ana');
    const account = await desk.store.read.accounts.byId(ana.accountId);
    if (account === undefined) throw new Error('no account');
    const found = { account, user: ana };
    const look = async () => ({ found: [found], more: false });
    const listing = (signed: SignedOperator) =>
      viewUsers(mute, signed, { list: 'user list', limit: undefined }, look).then(
        ({ found: [one] }) => one?.user.email,
      );
    await expect(viewUser(mute, place.agent, found, { view: 'user' })).rejects.toThrow('no room');
    await expect(listing(await place.operator('lead'))).rejects.toThrow('no room');
    // Nothing in full, so nothing to log.
    expect(await listing(await place.operator('verifier'))).toBe('a…@mail.example');
  });

  it('on the console one entry a call, whatever is opened again; whoever resumes it is one more', async () => {
    const { desk, agent } = place;
    const [ana, ben] = [await place.user('ana'), await place.user('ben')];
    const before = (await viewed()).length;
    const call = await beginCall(desk, agent, { caller: ana, opens: true });
    await noteOnCall(desk, agent, call.id, { caller: ben, opens: true });
    await noteOnCall(desk, agent, call.id, { caller: ana, opens: false });
    await noteOnCall(desk, agent, call.id, { outcome: 'refused' });
    await resumeCall(desk, await place.operator('lead'), call.id);
    const about = (id: string, user: string) => ({
      kind: 'user.viewed',
      user,
      by: { id },
      detail: { view: 'call', call: call.id },
    });
    const lead = await place.operator('lead');
    expect((await viewed()).slice(before)).toMatchObject([
      about(agent.operator.id, ana.id),
      about(agent.operator.id, ben.id),
      about(lead.operator.id, ana.id),
    ]);
  });

  it('verifiers and agents get at most 20 rows, and read that there are more; a lead gets what was asked for', async () => {
    await place.write((write) =>
      write.users.insert(Array.from({ length: 25 }, (_, n) => userRow('acc_200500', `row-${n}`, { name: `Row ${n}` }))),
    );
    const rows = async (role: string, line: string): Promise<[number, boolean]> => {
      const { users, more } = JSON.parse((await type(role, line, '--json')).stdout);
      return [users.length, more];
    };
    for (const line of ['user list --account 200500', 'user list --limit 500']) {
      expect(await rows('agent', line), line).toEqual([20, true]);
      expect((await type('agent', line)).stdout).toContain('your role sees no more at once');
      const [count, more] = await rows('lead', line);
      expect([count > 25, more], line).toEqual([true, false]);
    }
  });

  it('a long list for a lead is one table or one document, and once in the log before it', async () => {
    const people = Array.from({ length: 2_100 }, (_, n) => userRow('acc_200500', `one-${n}`, { name: `One ${n}` }));
    await place.write((write) => write.users.insert(people));
    const all = await place.desk.store.read.users.count();
    const before = (await viewed()).length;
    const listed = async (line: string) => JSON.parse((await type('lead', line, '--json')).stdout);
    const { users, more } = await listed('user list');
    expect([new Set(users.map(({ id }: { id: string }) => id)).size, more]).toEqual([all, false]);
    expect(users.at(-1)).toMatchObject({ account: { number: '200500' }, contacts: 'full' });
    const cut = await listed('user list --limit 2050');
    expect([cut.users.length, cut.more]).toEqual([2_050, true]);
    const lines = (await type('lead', 'user list --account 200500 --limit 2050')).stdout.trimEnd().split('\n');
    expect(lines.filter((line) => /^(row|one)-/.test(line))).toHaveLength(2_050);
    expect(lines.filter((line) => /^login\b/.test(line))).toHaveLength(1);
    expect([lines[0], lines.at(-1)]).toEqual([
      expect.stringContaining('200500'),
      expect.stringContaining('Shown: the first 2050'),
    ]);
    const noted = (await viewed()).slice(before);
    expect(noted.map(({ kind, detail }) => [kind, detail?.['people']])).toEqual([
      ['directory.viewed', all],
      ['directory.viewed', 2_050],
      ['directory.viewed', 2_050],
    ]);
  });

  it('a lead reads what the log says of one caller, and nothing wider', async () => {
    const ana = await place.user('ana');
    const { stdout, exit } = await type('lead', 'audit list --user 100234/ana', '--json');
    const entries = stdout
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row) as { user?: string });
    expect(exit).toBe(0);
    expect(entries.length).toBeGreaterThan(3);
    expect(new Set(entries.map(({ user }) => user))).toEqual(new Set([ana.id]));
    for (const line of ['audit list', 'audit list --account 100234', 'audit list --by agent-of-test', 'audit export'])
      expect((await type('lead', line)).exit, line).toBe(3);
    expect((await type('agent', 'audit list --user 100234/ana')).exit).toBe(3);
    expect((await type('auditor', 'audit list')).exit).toBe(0);
  });

  // Last, because it takes the lead's role away.
  it('a long list asks again on each page: who lost the role meanwhile sees no more of it', async () => {
    const people = Array.from({ length: 1_100 }, (_, n) => userRow('acc_200500', `two-${n}`, { name: `Two ${n}` }));
    await place.write((write) => write.users.insert(people));
    const signed = await place.operator('lead');
    const list = await viewAllUsers(place.desk, signed, undefined);
    if (list === undefined) throw new Error('a lead sees all');
    const [{ value: first }] = [await list.pages.next()];
    expect(first?.[0]).toMatchObject({ contacts: 'full' });
    await place.write((write) => write.operators.update(signed.operator.id, { role: 'agent' }));
    expect((await list.pages.next()).value?.[0]).toMatchObject({ contacts: 'masked' });
    await place.write((write) => write.operators.update(signed.operator.id, { disabled_at: place.desk.now() }));
    await expect(list.pages.next()).rejects.toMatchObject({ code: 'not-signed-in' });
  });

  it('so does an export', async () => {
    const signed = await place.operator('admin');
    const pages = await exportUsers(place.desk, signed);
    expect([(await pages.next()).done, (await pages.next()).done]).toEqual([false, false]);
    await place.write((write) => write.operators.update(signed.operator.id, { role: 'lead' }));
    await expect(pages.next()).rejects.toMatchObject({ code: 'forbidden' });
  });
});
