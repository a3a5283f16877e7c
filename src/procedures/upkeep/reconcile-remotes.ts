/** Compares what stands at the systems of the connectors with what the log says of its resets (B93). It changes nothing there. */
import type { Connector } from '../../connectors/connector.js';
import type { Desk, SignedOperator } from '../../desk.js';
import { chunksOf } from '../../rules/lists.js';
import type { Account, Owner, User } from '../../rules/people.js';
import { REMOTE_KINDS, type Remote, remoteOf } from '../../rules/remote-reset.js';
import { askAuthority, note } from '../authorise.js';
import { personOf } from '../messages/attempt-remote.js';

export type Drift =
  /** Reset by us, and there is a factor again: set up since, or by somebody else. */
  | 'has-factors'
  /** Not known to be done, and nothing is left there. */
  | 'done-there'
  /** Kept out by us, and let in by somebody there. */
  | 'let-in'
  /** Found by the reset, and not there any more. */
  | 'gone'
  /** No usable answer now. */
  | 'not-read';

/** `there`: kinds of factors there now; `drift`: null if both say the same. */
export type Compared = Owner & Awaited<ReturnType<typeof compare>>;

/** It uses the tokens of the settings. */
const READING = { permission: 'mfa:reset-bulk' } as const;
/** Ids in one entry of the log. */
const NAMED = 500;

/** Everybody of these companies who was ever reset there, company by company. */
export async function reconcileRemotes(
  desk: Desk,
  signed: SignedOperator,
  accounts: readonly Account[],
  signal: AbortSignal,
): Promise<readonly Compared[]> {
  await askAuthority(desk, signed, READING);
  const compared: Compared[] = [];
  for (const account of accounts) {
    if (account.connector === null) continue;
    const connector = await desk.connectors.pick(account.connector, signal);
    const users = await desk.store.read.users.ofAccount(account.id);
    for (const some of chunksOf(users)) {
      const ids = some.map(({ id }) => id);
      const rows = await desk.store.read.outbox.latestAbout(ids, REMOTE_KINDS.reset);
      for (const user of some) {
        const row = rows.get(user.id);
        if (row !== undefined) compared.push({ account, user, ...(await compare(connector, user, remoteOf(row))) });
      }
    }
  }
  const drifted = compared.filter(({ drift }) => drift !== null);
  const ids = drifted.slice(0, NAMED).map(({ user }) => user.id);
  const detail = { people: compared.length, drifted: drifted.length, ids };
  await note(desk, signed, READING, { kind: 'mfa.reconciled', detail });
  return compared;
}

async function compare(connector: Connector, user: User, remote: Remote) {
  try {
    const person = personOf(user, connector.name);
    const found = await connector.find({ ...person, external: person.external ?? remote.id });
    if (typeof found === 'string') return { remote, there: [], drift: remote.id === null ? null : ('gone' as const) };
    const there = (await connector.factors(found.id)).map(({ kind }) => kind);
    return { remote, there, drift: driftOf(remote, there, found.suspended) };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'Trouble')) throw error;
    return { remote, there: [], drift: 'not-read' as const };
  }
}

function driftOf({ state, lift }: Remote, there: readonly string[], suspended: boolean): Drift | null {
  if (state === 'reset' || state === 'nothing') {
    if (lift && !suspended) return 'let-in';
    return there.length > 0 ? 'has-factors' : null;
  }
  return (state === 'partial' || state === 'unreachable') && there.length === 0 ? 'done-there' : null;
}
