/** Sample rows and a notary with a key of its own; free of vitest, so that child scripts may import it. */
import { canonicalJson } from '../../src/crypto/canonical.js';
import { treeHasher } from '../../src/crypto/digests.js';
import { type Keyring, openKeyring } from '../../src/crypto/keyring.js';
import { makeTag, tagFits } from '../../src/crypto/tag.js';
import type { AuditEntry } from '../../src/rules/audit-entry.js';
import type { NewAccount } from '../../src/store/queries/accounts.js';
import type { NewUser } from '../../src/store/queries/users.js';
import type { Notary } from '../../src/store/record.js';
import { proven } from '../support/proven.js';

export const NOW = Date.UTC(2026, 10, 22, 9, 0, 0);
export const BY = proven({ kind: 'operator', id: 'op_1', name: 'Olga' });

const TEST_KEY = Buffer.alloc(32, 7);

export function notaryWith(keyring: Keyring = openKeyring(TEST_KEY)): Notary {
  return {
    tree: treeHasher,
    canonical: canonicalJson,
    headMac: (size, frontier, latestAt) => makeTag(keyring, 'mac/audit', JSON.stringify([size, frontier, latestAt])),
    headFits: ({ size, frontier, latestAt, mac }) =>
      tagFits(keyring, 'mac/audit', JSON.stringify([size, frontier, latestAt]), mac),
    keyMovedOn: () => false,
    rows: {
      make: (text) => makeTag(keyring, 'mac/row', text),
      fits: (text, tag) => tagFits(keyring, 'mac/row', text, tag),
    },
    policyHash: '0'.repeat(64),
  };
}

export function entry(kind: AuditEntry['kind'] = 'account.added', more: Partial<AuditEntry> = {}): AuditEntry {
  return { kind, outcome: 'done', at: NOW, by: BY, ...more } as AuditEntry;
}

export function accountRow(number: string, more: Partial<NewAccount> = {}): NewAccount {
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

export function userRow(accountId: string, login: string, more: Partial<NewUser> = {}): NewUser {
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
