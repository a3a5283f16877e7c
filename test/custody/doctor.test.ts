/** `doctor`: each thing that can be amiss is found by its subject, with its state and what mends it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config.js';
import { inspectSetup } from '../../src/custody/doctor/inspect-setup.js';
import { Refusal } from '../../src/errors.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { noteKeyBackup } from '../../src/procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { minutes } from '../../src/rules/duration.js';
import { accountRow } from '../store/rows.js';
import { dataFolder, engines, START, type TestDesk, testDesk } from '../support/test-desk.js';

describe.each(engines)('doctor on %s', (engine) => {
  let made: TestDesk;
  beforeEach(async () => {
    made = await testDesk(engine);
    const { desk } = made;
    const admin = await made.operator('admin');
    await desk.store.record({ kind: 'desk.founded', outcome: 'done', at: desk.now(), by: SYSTEM }, async (write) => {
      await write.meta.put('key-id', desk.keyring.keyId);
    });
    await noteKeyBackup(desk, admin, desk.keyring.keyId);
    // The first command that opens the desk remembers its log beside the key.
    const opened = await openDesk(
      openCustody({ settings: made.settings, dataFolder, now: desk.now, clockAsGiven: true }),
    );
    await opened.store.close();
  });
  afterEach(() => made.close());

  const inspect = async (given: Partial<Settings> = {}, now = START) =>
    inspectSetup(
      async () =>
        openCustody({ settings: { ...made.settings, ...given }, dataFolder, now: () => now, clockAsGiven: true }),
      'v20.19.0',
    );
  it('B80 mentions that verifiers sign in without a second factor', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-policy-'));
    for (const file of ['actions.json', 'limits.json']) copyFileSync(join(dataFolder, file), join(folder, file));
    const roles = readFileSync(join(dataFolder, 'roles.json'), 'utf8');
    writeFileSync(
      join(folder, 'roles.json'),
      roles.replace('"withoutSecondFactor": []', '"withoutSecondFactor": ["verifier"]'),
    );
    const found = (await inspect({ policyFolder: folder })).filter(({ state }) => state === 'note');
    expect(found).toMatchObject([{ subject: 'Policy', text: expect.stringContaining('verifier') }]);
    rmSync(folder, { recursive: true });
  });
  const amiss = async (given: Partial<Settings> = {}, now = START) =>
    (await inspect(given, now)).filter(({ state }) => state === 'wrong' || state === 'missing');
  const sqlite = engine === 'sqlite';

  it('B90 mentions rows that a stopped import has left', async () => {
    const { desk } = made;
    const { operator } = await made.operator('admin');
    const entry = { kind: 'directory.staged', outcome: 'done', at: desk.now(), by: SYSTEM } as const;
    await desk.store.record(entry, (write) =>
      write.imports.insert({ id: 'imp_1', operator_id: operator.id, state: 'open', seen_at: desk.now() }),
    );
    const of = async (now: number) => (await inspect({}, now)).filter(({ subject }) => subject === 'Imports');
    expect(await of(START)).toEqual([]);
    expect(await of(START + minutes(2))).toMatchObject([
      { state: 'note', text: expect.stringContaining('stopped half way') },
    ]);
    await desk.store.record(entry, (write) => write.imports.update('imp_1', { state: 'settled' }));
    expect(await of(START + minutes(2))).toMatchObject([
      {
        state: 'note',
        text: expect.stringContaining('what it changes is in force'),
        mend: expect.stringContaining('outbox flush'),
      },
    ]);
  });

  it('finds nothing amiss where nothing is', async () => {
    const findings = await inspect();
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(findings.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([
        'Node',
        'Hashing',
        'SQLite',
        'Policy',
        'Master key',
        'Store',
        'Backup of the key',
        'Audit log',
        'Anchor of the log',
        'Clock',
        'Admins',
      ]),
    );
  });

  it('pages that customers use without an address, that do not answer, or that refuse their proxy (B91)', async () => {
    const pages = async (url?: string) => {
      const file = url === undefined ? made.settings.file : { ...made.settings.file, pages: { url } };
      return (await inspect({ file })).filter(({ subject }) => subject === "Customers' pages");
    };
    expect(await pages()).toEqual([]);
    const entry = { kind: 'portal.token-renewed', outcome: 'done', at: START, by: SYSTEM } as const;
    await made.desk.store.record(entry as never, async () => undefined);
    expect(await pages()).toMatchObject([{ state: 'note', mend: expect.stringContaining('[pages]') }]);
    let status = 200;
    const server = createServer((_, answer) => void answer.writeHead(status).end());
    await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
    const url = `http://localhost:${(server.address() as AddressInfo).port}`;
    expect(await pages(url)).toEqual([{ subject: "Customers' pages", state: 'ok', text: url }]);
    status = 403;
    expect(await pages(url)).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('--behind-proxy') }]);
    await new Promise((closed) => server.close(closed));
    expect(await pages(url)).toMatchObject([{ state: 'wrong', text: expect.stringContaining('does not answer') }]);
  });

  const withOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.runIf(withOpenssl)('pages whose certificate nobody trusts: starting them again mends nothing (B91)', async () => {
    const [key, cert] = [join(made.folder, 'key.pem'), join(made.folder, 'cert.pem')];
    const about = ['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', cert];
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...about]);
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
    await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    expect(await amiss({ file: { pages: { url } } })).toMatchObject([
      { subject: "Customers' pages", mend: 'put a certificate there that is good, with its whole chain' },
    ]);
    await new Promise((closed) => server.close(closed));
  });

  it('an old Node', async () => {
    const findings = await inspectSetup(
      async () => openCustody({ settings: made.settings, dataFolder, now: () => START, clockAsGiven: true }),
      'v20.18.3',
    );
    expect(findings[0]).toMatchObject({ subject: 'Node', state: 'wrong', mend: expect.stringContaining('20.19') });
  });

  it('a config file that cannot be used leaves the rest unsaid', async () => {
    const findings = await inspectSetup(async () => {
      throw new Refusal('config', 'x.toml: stroe is not a known setting', { hint: 'Known settings: store.' });
    }, 'v22.0.0');
    expect(findings.at(-1)).toMatchObject({ subject: 'Config file', state: 'wrong', mend: 'Known settings: store.' });
  });

  it('a missing key, a key that others can read, another key', async () => {
    const file = join(made.folder, 'master.key');
    chmodSync(file, 0o644);
    expect(await amiss()).toMatchObject([
      { subject: 'Master key', state: 'wrong', mend: expect.stringContaining('chmod 600') },
    ]);
    chmodSync(file, 0o600);
    renameSync(file, `${file}.away`);
    expect(await amiss()).toMatchObject([{ subject: 'Master key', state: 'missing' }]);
    writeFileSync(file, `countersign-key-v1:${Buffer.alloc(32, 1).toString('base64url')}\n`, { mode: 0o600 });
    expect(await amiss()).toMatchObject([{ subject: 'Key of the store', state: 'wrong' }]);
  });

  it.runIf(sqlite)('no store yet; a folder that others can write', async () => {
    expect(await amiss({ store: join(made.folder, 'none.db') })).toMatchObject([
      { subject: 'Store', state: 'missing', mend: expect.stringContaining('countersign init') },
    ]);
    chmodSync(made.folder, 0o777);
    expect((await amiss()).map(({ subject }) => subject)).toContain('Data folder');
    expect((await amiss()).map(({ subject }) => subject)).toContain('Store');
    chmodSync(made.folder, 0o700);
  });

  it('a file of a secret that cannot be read, or is empty: each message and each reset would fail', async () => {
    const empty = join(made.folder, 'empty');
    writeFileSync(empty, '\n');
    const sms = { channel: 'http', accountSid: 'AC1', tokenFile: empty, from: '+15550100' };
    const okta = { kind: 'okta', url: 'https://a.okta.com', tokenFile: '/nowhere' };
    const file = { sms, connectors: { okta } } as Settings['file'];
    expect(await amiss({ file })).toMatchObject([
      { subject: 'Secrets', text: `[sms] tokenFile: ${empty} cannot be read or is empty` },
      { subject: 'Secrets', text: '[connectors.okta] tokenFile: /nowhere cannot be read or is empty' },
    ]);
    writeFileSync(empty, 'a secret\n');
    okta.tokenFile = empty;
    expect(await amiss({ file })).toEqual([]);
  });

  it('a language that there is not: every other command refuses it', async () => {
    expect(await amiss({ file: { language: 'fr' } })).toMatchObject([
      { subject: 'Config file', text: expect.stringContaining('no language "fr"'), mend: expect.any(String) },
    ]);
  });

  it('a clock behind the log', async () => {
    expect(await amiss({}, START - minutes(3))).toMatchObject([{ subject: 'Clock', state: 'wrong' }]);
    expect(await amiss({}, START - minutes(1))).toEqual([]);
  });

  it('a store without an admin', async () => {
    const { operator } = await made.operator('admin');
    await made.desk.store.record({ kind: 'operator.disabled', outcome: 'done', at: START, by: SYSTEM }, (write) =>
      write.operators.update(operator.id, { disabled_at: START }),
    );
    expect(await amiss()).toMatchObject([{ subject: 'Admins', state: 'wrong' }]);
  });

  it('a company whose connector the settings do not have: nobody there can be reset (B93)', async () => {
    await made.desk.store.record({ kind: 'account.added', outcome: 'done', at: START, by: SYSTEM }, (write) =>
      write.accounts.insert([accountRow('100234', { connector: 'okta' }), accountRow('100235')]),
    );
    expect(await amiss()).toMatchObject([{ subject: 'Other systems', text: expect.stringContaining('okta') }]);
    const file = { connectors: { okta: { kind: 'command', command: 'true' } } } as Settings['file'];
    expect(await amiss({ file })).toEqual([]);
  });

  it('a sink that failed: what waits goes a minute later, not with the very next command', async () => {
    const { sinkCursor } = made.desk.store;
    const cursor = await sinkCursor.read();
    await sinkCursor.move(cursor, { ...cursor, until: START + minutes(1), why: 'it is down' });
    const file = { sink: { kind: 'file', path: join(made.folder, 'sink.log') } } as Settings['file'];
    const mend = expect.stringContaining('a minute after it failed');
    expect(await amiss({ file })).toMatchObject([{ subject: 'Sink of the log', state: 'wrong', mend }]);
  });

  it('a head of the log and a row that somebody changed: each is named, and neither hides the other', async () => {
    const raw = await openEngine(made.settings.store, false);
    await raw.db
      .updateTable('audit_head')
      .set({ latest_at: START + 1 })
      .execute();
    await raw.db.updateTable('operators').set({ disabled_at: START }).execute();
    await raw.close();
    expect(await amiss()).toMatchObject([
      { subject: 'Audit log', state: 'wrong', mend: 'countersign audit verify' },
      { subject: 'Tables', state: 'wrong' },
      { subject: 'Admins', state: 'wrong', text: expect.stringContaining('changed outside countersign') },
    ]);
  });

  it('a policy and delivery settings with faults; messages that wait are only noted', async () => {
    const policyFolder = join(made.folder, 'policy');
    expect(await amiss({ policyFolder })).toMatchObject([{ subject: 'Policy', state: 'wrong' }]);
    expect(await amiss({ file: { mail: { channel: 'pigeon' } } })).toMatchObject([
      { subject: 'Delivery', state: 'wrong' },
    ]);
    const row = {
      id: 'msg_1',
      channel: 'email',
      kind: 'x',
      account_id: null,
      user_id: null,
      address: '',
      content: null,
      state: 'queued',
      attempts: 0,
      next_attempt_at: 0,
      last_error: null,
      reference: null,
      created_at: 0,
      delivered_at: null,
    };
    await made.desk.store.record({ kind: 'test.queued', outcome: 'done', at: START, by: SYSTEM }, (write) =>
      write.outbox.insert([row]),
    );
    expect((await inspect()).find(({ subject }) => subject === 'Outbox')).toMatchObject({
      state: 'note',
      mend: 'countersign outbox flush',
    });
    rmSync(policyFolder, { recursive: true, force: true });
  });
});
