/**
 * The customers' lock, as procedures/authorise.ts is the operators' (B78, T15). A `PortalLogin` is only a claim. The transaction
 * that acts reads session, user and account again, by the trusted clock, and makes an `AuthorisedOwner<lock>` from them. Steps
 * take one, and only its actor may appear in an entry that says a customer did something. It ends with its transaction.
 */
import type { Desk } from '../../desk.js';
import { isRefusal, type Refusal } from '../../errors.js';
import { type ActEntry, type Actor, type AuditEntry, entriesOf, type ProvenActor } from '../../rules/audit-entry.js';
import type { Owner } from '../../rules/people.js';
import { type Inside, logIfPossible } from '../authorise.js';
import { currentLogin, type PortalLogin, portalActor } from './customer-login.js';
import { judgeOwner, type OwnerDoor, type OwnerLock } from './owner-locks.js';

let end: (authorised: AuthorisedOwner<OwnerLock>) => void;

/** Only `actAsOwner` makes one; see `Authorised`. */
class AuthorisedOwner<out L extends OwnerLock> {
  static {
    end = (authorised) => {
      authorised.#login = undefined;
    };
  }
  readonly lock: L;
  #login: PortalLogin | undefined;

  constructor(lock: L, login: PortalLogin) {
    this.lock = lock;
    this.#login = login;
  }

  /** Account, user and session as stored now. */
  get login(): PortalLogin {
    if (this.#login !== undefined) return this.#login;
    throw new Error('an authority was used outside the transaction that it was given in');
  }

  get actor(): ProvenActor {
    return portalActor(this.login.user) as ProvenActor;
  }
}

export type { AuthorisedOwner };

export interface ActingOwner<L extends OwnerLock = OwnerLock> extends Inside {
  /** The trusted time, ms (T22). */
  readonly now: number;
  readonly by: AuthorisedOwner<L>;
}

interface OwnerAct<L extends OwnerLock, T> {
  /** About the owner, if it names nobody else. */
  readonly entry: (done: T, by: AuthorisedOwner<L>) => ActEntry | readonly ActEntry[];
  readonly change: (acting: ActingOwner<L>) => Promise<T>;
}

/**
 * Checks the authority, makes the change and writes its entry in one transaction, then sends what was queued. Refusals:
 * not-signed-in, and those of `judgeOwner`.
 */
export async function actAsOwner<L extends OwnerLock, T>(
  desk: Desk,
  login: PortalLogin,
  door: OwnerDoor<L>,
  { entry, change }: OwnerAct<L, T>,
): Promise<T> {
  const { done } = await loggingDenials(desk, login, door, (judge) =>
    desk.store.record<{ done: T; entries: readonly AuditEntry[] }>(
      ({ entries }) => entries,
      async (write, log) => {
        const now = desk.now();
        const current = await currentLogin(desk, write, login);
        judge(current, now);
        const by = new AuthorisedOwner(door.lock, current);
        try {
          const done = await change({ desk, write, log, now, by });
          const { account, user } = current;
          const about = { at: now, by: by.actor, account: account.id, user: user.id };
          return { done, entries: entriesOf(entry(done, by), about) };
        } finally {
          end(by);
        }
      },
    ),
  );
  if (door.sendLater !== true) await desk.sendQueued();
  return done;
}

/**
 * Asks the same questions before anything is looked up, shown, hashed or asked of a person. It gives no authority: the act asks again.
 */
export async function askOwner(desk: Desk, login: PortalLogin, door: OwnerDoor): Promise<void> {
  const { read } = desk.store;
  await read.audit.head();
  const current = await currentLogin(desk, read, login);
  await loggingDenials(desk, login, door, async (judge) => judge(current, desk.now()));
}

/** Locks whose acts log their own refusals, under kinds of their own. */
const LOG_THEMSELVES: readonly OwnerLock[] = ['passphrase:set', 'passphrase:view', 'company:resets', 'company:scopes'];

/**
 * A customer whom role or missing proof keeps from a secret or a power is in the log (B99), as an operator is; so is what the act itself
 * forbids. `work` gets the judge that knows.
 */
async function loggingDenials<T>(
  desk: Desk,
  login: PortalLogin,
  door: OwnerDoor,
  work: (judge: (current: PortalLogin, now: number) => void) => Promise<T>,
): Promise<T> {
  const guards = door.lock !== 'login' && door.lock !== 'owner';
  let denied = false;
  try {
    return await work((current, now) => {
      try {
        judgeOwner(desk, current, door, now);
      } catch (error) {
        denied = isRefusal(error) && error.code !== 'usage';
        throw error;
      }
    });
  } catch (error) {
    const refused = isRefusal(error) && ['forbidden', 'refused-by-policy'].includes(error.code);
    if (guards && isRefusal(error) && (denied || (refused && !LOG_THEMSELVES.includes(door.lock)))) {
      await noteDenied(desk, login, error, { lock: door.lock });
    }
    throw error;
  }
}

/** Also where a form named what is not there for this customer: it is gone, or it is another's (B99). */
export async function noteDenied(desk: Desk, { account, user }: Owner, no: Refusal, more: AuditEntry['detail'] = {}) {
  const detail = { ...more, ...(no.because === undefined ? {} : { why: no.because.reason }) };
  const about = { at: desk.now(), by: portalActor(user), account: account.id, user: user.id, detail } as const;
  await logIfPossible(desk, { ...about, kind: 'portal.denied', outcome: 'refused', reason: no.code });
}

/**
 * Marks a customer as proven who has just shown who they are, by password, single sign-on or invitation, before any session
 * exists. Only the sign-ins may use it (test/architecture.test.ts).
 */
export const provenBySignIn = (actor: Actor): ProvenActor => actor as ProvenActor;
