/** Sample rows and a notary with a key of its own; free of vitest, so that child scripts may import it. */
import { type Keyring, openKeyring } from '../../src/crypto/keyring.js';
import { directoryKeys } from '../../src/opening/migration-keys.js';
import { openNotary } from '../../src/opening/open-notary.js';
import type { AuditEntry } from '../../src/rules/audit-entry.js';
import type { Notary } from '../../src/store/head.js';
import type { NewRow } from '../../src/store/schema/directory.js';
import type { MigrationKeys } from '../../src/store/store.js';
import { proven } from '../support/proven.js';

export const NOW = Date.UTC(2026, 10, 22, 9, 0, 0);
export const BY = proven({ kind: 'operator', id: 'op_1', name: 'Olga' });

const TEST_KEY = Buffer.alloc(32, 7);

export const notaryWith = (keyring: Keyring = openKeyring(TEST_KEY)): Notary => ({
  ...openNotary(keyring.boundTo('desk_1'), '0'.repeat(64)),
  keyMovedOn: () => false,
});

/** For stores that were never older. */
export const keysWith = (notary: Notary = notaryWith()): MigrationKeys => ({
  former: notary,
  notary,
  reseal: () => ({}),
  directory: () => directoryKeys('DE'),
  verify: async () => undefined,
});

export function entry(kind: AuditEntry['kind'] = 'account.added', more: Partial<AuditEntry> = {}): AuditEntry {
  return { kind, outcome: 'done', at: NOW, by: BY, ...more } as AuditEntry;
}

export function accountRow(number: string, more: Partial<NewRow<'accounts'>> = {}): NewRow<'accounts'> {
  return {
    id: `acc_${number}`,
    number,
    number_key: number,
    name: `Company ${number}`,
    name_key: `company ${number}`,
    edition: 'classic',
    sso: null,
    sso_issuer: null,
    sso_audience: null,
    sso_jwks: null,
    mfa_required_at: null,
    phone_reset_forbidden: 0,
    disabled_at: null,
    created_at: NOW,
    updated_at: NOW,
    ...more,
  };
}

export function userRow(accountId: string, login: string, more: Partial<NewRow<'users'>> = {}): NewRow<'users'> {
  return {
    id: `usr_${accountId}_${login}`,
    account_id: accountId,
    login,
    login_key: login,
    name: login,
    email: '',
    email_key: '',
    phone: '',
    phone_digits: '',
    role: 'user',
    scopes: '',
    sign_in: 'native',
    authority_version: 1,
    contact_changed_at: NOW,
    former_contacts: '[]',
    disabled_at: null,
    power_held_until: null,
    created_at: NOW,
    updated_at: NOW,
    ...more,
  };
}
