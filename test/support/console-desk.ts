/**
 * A desk on disk for tests of the console: real store, argon2 at the lowest cost, a few companies with people to find, phrases, and an
 * operator's token. A separate process finds it by `env`. It does not import vitest, so that scripts may import it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Settings } from '../../src/config.js';
import type { Desk } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { establishDesk } from '../../src/opening/open-desk.js';
import { accountSearchKeys, userSearchKeys } from '../../src/procedures/directory/directory-rows-of-store.js';
import { prepareToken, tokenEnd, tokenRow } from '../../src/procedures/operators/operator-tokens.js';
import { passphraseContext } from '../../src/procedures/seal-contexts.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { FOLD_VERSION, matchForm } from '../../src/rules/spoken-form.js';
import { accountRow, userRow } from '../store/rows.js';
import { makeFloorPolicy, usePolicy } from './floor-policy.js';

export const PHRASE = 'velvet harbor signals twenty lanterns';

/** Login, name, account, role, scopes, phone, phrase. */
const PEOPLE = [
  ['ana.trujillo', 'Ana Trujillo', '100234', 'primary-admin', '', '+1 206 555 9857', PHRASE],
  ['ben.otto', 'Ben Otto', '100234', 'secondary-admin', 'billing:inquiry', '+1 206 555 9858', PHRASE],
  ['cara.lind', 'Cara Lind', '100234', 'user', '', '+1 206 555 9857', null],
  ['xena.hale', 'Xena Hale', '200500', 'admin', '', '+44 20 7946 0018', PHRASE],
  ['xavi.rey', 'Xavi Rey', '200500', 'user', '', '+44 20 7946 0019', null],
] as const;

export interface ConsoleDesk {
  readonly folder: string;
  /** Signed in as mira, in the given role. */
  readonly env: Readonly<Record<string, string>>;
  /** Signed in as noor, an agent. */
  readonly otherEnv: Readonly<Record<string, string>>;
  /** The store, opened by the test itself; close it with `close`. */
  readonly desk: Desk;
  close(): Promise<void>;
}

export async function consoleDesk(
  role: OperatorRole = 'agent',
  hashing?: Parameters<typeof establishDesk>[0]['hashing'],
): Promise<ConsoleDesk> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-console-'));
  const policyFolder = makeFloorPolicy();
  usePolicy(join(folder, 'config'), policyFolder);
  const settings: Settings = {
    store: join(folder, 'desk.db'),
    engine: 'sqlite',
    key: { file: join(folder, 'master.key') },
    dataFolder: folder,
    folders: { data: folder, config: folder, state: folder },
    policyFolder,
    deskName: 'Test desk',
    file: {},
    token: undefined,
    person: { id: 'uid:1' },
  };
  const dataFolder = resolve(import.meta.dirname, '../../data');
  const { desk } = await establishDesk(
    openCustody({
      settings,
      dataFolder,
      now: Date.now,
      ...(hashing === undefined ? {} : { hashing }),
    }),
  );
  await fill(desk);
  const tokens = [await addOperator(desk, 'mira', role), await addOperator(desk, 'noor', 'agent')];
  const [env = {}, otherEnv = {}] = tokens.map((token) => ({
    COUNTERSIGN_STORE: settings.store,
    COUNTERSIGN_KEY_FILE: join(folder, 'master.key'),
    COUNTERSIGN_TOKEN: token,
    HOME: folder,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    TZ: 'UTC',
  }));
  return {
    folder,
    desk,
    env,
    otherEnv,
    close: async () => {
      await desk.store.close();
      for (const made of [folder, policyFolder]) rmSync(made, { recursive: true, force: true });
    },
  };
}

const by = { kind: 'system', id: 'test', name: 'test' } as const;

async function fill(desk: Desk): Promise<void> {
  const at = desk.now();
  const times = { created_at: at, updated_at: at };
  const accounts = [
    accountRow('100234', { name: 'Northwind Traders', name_key: 'northwind traders', ...times }),
    accountRow('200500', { name: 'Contoso', name_key: 'contoso', edition: 'x-series', mfa_required_at: at, ...times }),
  ];
  const people = PEOPLE.map(([login, name, account, personRole, scopes, phone, phrase]) => ({
    phrase,
    row: userRow(`acc_${account}`, login, {
      name,
      role: personRole,
      scopes,
      phone,
      phone_digits: phone.replace(/\D/g, ''),
      contact_changed_at: at,
      ...times,
      email: `${login}@mail.example`,
      email_key: `${login}@mail.example`,
    }),
  }));
  const verifiers = await Promise.all(
    people.map(async ({ row, phrase }) =>
      phrase === null
        ? null
        : desk.secrets.make(
            'person',
            'seal/passphrase',
            passphraseContext({ id: row.id, accountId: row.account_id }),
            matchForm(phrase),
          ),
    ),
  );
  await desk.store.record({ kind: 'test.prepared', outcome: 'done', at, by }, async (write) => {
    await write.meta.put('key-id', desk.keyring.keyId);
    await write.accounts.insert(accounts);
    await write.users.insert(people.map(({ row }) => row));
    await write.search.insert([
      ...accounts.map((row) => accountSearchKeys(row.id, row)),
      ...people.map(({ row }) => userSearchKeys(row.id, row)),
    ]);
    for (const [index, { row }] of people.entries()) {
      const verifier = verifiers[index];
      if (verifier == null) continue;
      await write.secrets.putPassphrase({
        user_id: row.id,
        verifier,
        form_version: FOLD_VERSION,
        owner_copy: null,
        set_by: 'desk',
        set_at: at - 40 * 86_400_000,
        setup_at: null,
      });
    }
    await write.factors.insert({
      id: 'fac_ben',
      user_id: 'usr_acc_100234_ben.otto',
      kind: 'email',
      label: '',
      secret: null,
      state: 'active',
      last_step: null,
      created_at: at,
      confirmed_at: at,
      suspended_by: null,
    });
  });
}

/** Returns the operator's token. */
async function addOperator(desk: Desk, name: string, role: OperatorRole): Promise<string> {
  const at = desk.now();
  const id = desk.newId('op');
  const token = prepareToken(desk, { operatorId: id, role, label: 'test', expiresAt: tokenEnd(desk) });
  await desk.store.record({ kind: 'test.prepared', outcome: 'done', at, by }, async (write) => {
    await write.operators.insert({
      id,
      name,
      name_key: name,
      role,
      verifier: null,
      totp: null,
      totp_last_step: null,
      also_user_id: null,
      disabled_at: null,
      created_at: at,
    });
    await write.operators.insertToken(tokenRow(token, at, id));
  });
  return token.token;
}
