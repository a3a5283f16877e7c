/**
 * An operator who is signed in, written straight through the door so that no procedure under test is needed: a row, and a session
 * that never ends, never idles, and whose code stays fresh. Suites about sessions make their own with operator-desk.ts. Does not
 * import vitest.
 */
import type { Desk, SignedOperator } from '../../src/desk.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { proven } from './proven.js';

/** Longer than any test moves its clock. */
const LASTING = 20 * 365 * 86_400_000;

export async function signedOperator(
  desk: Desk,
  role: OperatorRole,
  name: string,
  alsoUserId: string | null = null,
): Promise<SignedOperator> {
  const at = desk.now();
  const operator = { id: desk.newId('op'), name, role, disabledAt: null, language: null };
  const { row, signed } = lasting(desk, operator, alsoUserId);
  // One entry, so that suites which count the log count one operator as one.
  await desk.store.record({ kind: 'operator.added', outcome: 'done', at, by: proven(signed.actor) }, async (write) => {
    await write.operators.insert({
      id: operator.id,
      name,
      name_key: name,
      role,
      verifier: null,
      totp: null,
      totp_last_step: null,
      also_user_id: alsoUserId,
      disabled_at: null,
      created_at: at,
    });
    await write.operators.insertSession(row);
  });
  return signed;
}

/** A lasting session of an operator who is stored already. */
export async function signedInAs(
  desk: Desk,
  operator: SignedOperator['operator'],
  alsoUserId: string | null = null,
): Promise<SignedOperator> {
  const { row, signed } = lasting(desk, operator, alsoUserId);
  await desk.store.record({ kind: 'operator.signed-in', outcome: 'done', at: desk.now(), by: SYSTEM }, (write) =>
    write.operators.insertSession(row),
  );
  return signed;
}

function lasting(desk: Desk, operator: SignedOperator['operator'], alsoUserId: string | null) {
  const at = desk.now();
  const row = {
    id: desk.newId('ses'),
    operator_id: operator.id,
    person: desk.person,
    digest: `test-${desk.newId('tok')}`,
    created_at: at,
    last_seen_at: at + LASTING,
    expires_at: at + LASTING,
    code_at: at + LASTING,
    ended_at: null,
  };
  const signed: SignedOperator = {
    operator,
    actor: { kind: 'operator', id: operator.id, name: operator.name },
    via: 'session',
    sessionId: row.id,
    tokenId: null,
    codeAt: row.code_at,
    alsoUserId,
  };
  return { row, signed };
}
