/** The last step of `init`: writes the first admin and the facts of the store in one transaction (B70, B74). */
import type { Desk } from '../../desk.js';
import { provenBySignIn } from '../authorise.js';
import type { NewOperator } from './make-operator.js';
import { type NewToken, tokenRow } from './operator-tokens.js';
import type { NewRecoveryCodes } from './recovery-codes.js';

/**
 * Writes operator, key id and the accepted policy together, so if it is cut off, there is no half-made desk; with a token for scripts, or for a
 * first admin with a password recovery codes (B80). `show` shows what is shown only once. If that fails, there is no desk: nobody could get into it.
 */
export async function finishEstablishing(
  desk: Desk,
  founding: {
    operator: NewOperator;
    token: NewToken | null;
    recovery: NewRecoveryCodes | null;
    show?: () => Promise<void>;
  },
) {
  const { operator, token, recovery, show } = founding;
  const at = desk.now();
  const { storeId } = desk.notary;
  const by = provenBySignIn({ kind: 'operator', id: operator.id, name: operator.name });
  // The log keeps the schema, so that nobody can make the store look older than it is (age-of-store.ts).
  const { keyId } = desk.keyring;
  const founded = { store: storeId, key: keyId, schema: desk.store.schema, policy: desk.pin.offered.pinned };
  const { id, name, role } = operator;
  const done = { outcome: 'done', at, by } as const;
  const given = token && { token: token.id, role: token.role, expiresAt: token.expiresAt };
  await desk.store.record(
    [
      { ...done, kind: 'desk.founded', detail: founded },
      { ...done, kind: 'operator.added', detail: { operator: id, name, role } },
      ...(given === null ? [] : [{ ...done, kind: 'token.created', detail: given } as const]),
    ],
    async (write) => {
      await write.operators.insert({ ...operator, created_at: at });
      if (token !== null) await write.operators.insertToken(tokenRow(token, at, operator.id));
      if (recovery !== null) await write.lifeCycle.putRecoveryCodes(operator.id, recovery.rows);
      await write.meta.put('key-id', keyId);
      await write.policyPin.put(desk.pin.offered.pinned, at);
      await write.meta.put('created-at', String(at));
      await show?.();
    },
  );
}
