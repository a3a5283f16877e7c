/** The last step of `init`: writes the first admin and the facts of the store in one transaction (B70, B74). */
import type { Desk } from '../../desk.js';
import { provenBySignIn } from '../authorise.js';
import { type NewOperator, operatorRow } from './make-operator.js';
import { type NewToken, tokenRow } from './operator-tokens.js';
import type { NewRecoveryCodes } from './recovery-codes.js';

export interface Establishing {
  readonly operator: NewOperator;
  /** A token for scripts instead of a password. */
  readonly token: NewToken | null;
  /** Recovery codes of a first admin with a password (B80). */
  readonly recovery: NewRecoveryCodes | null;
  /** Shows what is shown only once. If that fails, there is no desk: nobody could get into it. */
  readonly show?: () => Promise<void>;
}

/** Writes operator, token, key id and the accepted policy together, so if it is cut off, there is no half-made desk. */
export async function finishEstablishing(
  desk: Desk,
  { operator, token, recovery, show }: Establishing,
): Promise<{ readonly storeId: string }> {
  const at = desk.now();
  const { storeId } = desk.notary;
  const by = provenBySignIn({ kind: 'operator', id: operator.id, name: operator.name });
  // The log keeps the schema, so that nobody can make the store look older than it is (age-of-store.ts).
  const founded = {
    store: storeId,
    key: desk.keyring.keyId,
    schema: desk.store.schema,
    policy: desk.pin.offered.pinned,
  };
  await desk.store.record(
    [
      { kind: 'desk.founded', outcome: 'done', at, by, detail: founded },
      {
        kind: 'operator.added',
        outcome: 'done',
        at,
        by,
        detail: { operator: operator.id, name: operator.name, role: operator.role },
      },
      ...(token === null
        ? []
        : [
            {
              kind: 'token.created',
              outcome: 'done',
              at,
              by,
              detail: { token: token.id, role: token.role, expiresAt: token.expiresAt },
            } as const,
          ]),
    ],
    async (write) => {
      await write.operators.insert(operatorRow(operator, at));
      if (token !== null) await write.operators.insertToken(tokenRow(token, at, operator.id));
      if (recovery !== null) await write.lifeCycle.putRecoveryCodes(operator.id, recovery.rows);
      await write.meta.put('key-id', desk.keyring.keyId);
      await write.policyPin.put(desk.pin.offered.pinned, at);
      await write.meta.put('created-at', String(at));
      await show?.();
    },
  );
  return { storeId };
}
