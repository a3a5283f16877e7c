/**
 * The customers' lock, as procedures/authorise.ts is the operators' (B78, T15). A `PortalLogin` is only a claim: session, user and account
 * are read again inside the transaction that acts, by the trusted clock, and what comes of it is an `AuthorisedOwner<lock>`. Steps take one,
 * and only its actor can stand in an entry that says a customer did something. It ends with its transaction.
 */
import type { Desk, LogState, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { Actor, AuditEntry, ProvenActor } from '../../rules/audit-entry.js';
import { customerRule, hasAdminStatus } from '../../rules/customer-roles.js';
import type { User } from '../../rules/people.js';
import { currentLogin, type LoginState, type PortalLogin, portalActor, requireState } from './authenticate-user.js';
import { requireFreshProof, requireMoreThanDevice, requireProofForView } from './owner-proof.js';

/**
 * What a step asks of the login:
 * `login` that it is open and in one of the states named; `owner` that it is finished; `owner:methods` that it was more than a remembered
 * device; `owner:fresh` the password, and with MFA on a factor, in this login and lately; `owner:view` both lately; `company:admin` admin
 * status (B04); `company:scopes` a role that assigns privileges (B16).
 */
export type OwnerLock =
  | 'login'
  | 'owner'
  | 'owner:methods'
  | 'owner:fresh'
  | 'owner:view'
  | 'company:admin'
  | 'company:scopes';

export interface OwnerDoor<L extends OwnerLock = OwnerLock> {
  readonly lock: L;
  /** `done` alone, where nothing is said. */
  readonly states?: readonly LoginState[];
  /** What was queued is sent at the end of the run. */
  readonly sendLater?: boolean;
}

let end: (authorised: AuthorisedOwner<OwnerLock>) => void;

/** Made by `actAsOwner` alone; see `Authorised`. */
class AuthorisedOwner<out L extends OwnerLock> {
  static {
    end = (authorised) => {
      authorised.#live = false;
    };
  }
  readonly lock: L;
  readonly #login: PortalLogin;
  readonly #actor: Actor;
  #live = true;

  constructor(lock: L, login: PortalLogin) {
    this.lock = lock;
    this.#login = login;
    this.#actor = portalActor(login.user);
  }

  /** Account, user and session as the store has them now. */
  get login(): PortalLogin {
    this.#requireLive();
    return this.#login;
  }

  get actor(): ProvenActor {
    this.#requireLive();
    return this.#actor as ProvenActor;
  }

  #requireLive(): void {
    if (!this.#live) throw new Error('an authority was used outside the transaction that it was given in');
  }
}

export type { AuthorisedOwner };

export interface ActingOwner<L extends OwnerLock> {
  readonly desk: Desk;
  readonly write: Writes;
  readonly log: LogState;
  /** The trusted time, ms (T22). */
  readonly now: number;
  readonly by: AuthorisedOwner<L>;
}

export interface OwnerAct<L extends OwnerLock, T> {
  readonly entry: (done: T, by: AuthorisedOwner<L>) => AuditEntry | readonly AuditEntry[];
  readonly change: (acting: ActingOwner<L>) => Promise<T>;
}

/** Authority, change and entry in one transaction; then what it queued is sent. Refusals: not-signed-in, factor-needed, enrolment-needed, forbidden. */
export async function actAsOwner<L extends OwnerLock, T>(
  desk: Desk,
  login: PortalLogin,
  door: OwnerDoor<L>,
  { entry, change }: OwnerAct<L, T>,
): Promise<T> {
  const { done } = await desk.store.record<{ done: T; entries: AuditEntry | readonly AuditEntry[] }>(
    ({ entries }) => entries,
    async (write, log) => {
      const now = Math.max(desk.now(), log.latestAt);
      const current = await currentLogin(desk, write, log, login);
      judge(desk, current, door, now);
      const by = new AuthorisedOwner(door.lock, current);
      try {
        const done = await change({ desk, write, log, now, by });
        return { done, entries: entry(done, by) };
      } finally {
        end(by);
      }
    },
  );
  if (door.sendLater !== true) await desk.sendQueued();
  return done;
}

/** The same questions on the claim alone, before anything is looked up, shown, hashed or asked of a person. The act asks again. */
export function askOwner(desk: Desk, login: PortalLogin, door: OwnerDoor): void {
  judge(desk, login, door, desk.now());
}

function judge(desk: Desk, login: PortalLogin, { lock, states = ['done'] }: OwnerDoor, now: number): void {
  requireState(login, states);
  if (lock === 'owner:methods') requireMoreThanDevice(login);
  if (lock === 'owner:fresh') requireFreshProof(desk, login, now);
  if (lock === 'owner:view') requireProofForView(desk, login, now);
  if (lock === 'company:admin') requireAdmin(desk, login);
  if (lock === 'company:scopes') requireAssigner(desk, login);
}

function requireAdmin(desk: Desk, { account, user }: PortalLogin): void {
  if (hasAdminStatus(desk.policy, account, user)) return;
  throw new Refusal('forbidden', 'only an admin of the company does this', {
    hint: 'Ask an admin of your company.',
  });
}

function requireAssigner(desk: Desk, { account, user }: PortalLogin): void {
  if (customerRule(desk.policy, account.edition, user.role)?.assignsScopes === true && user.disabledAt === null) return;
  throw new Refusal('forbidden', 'only an admin who assigns privileges sees and changes the team', {
    hint: 'Ask the primary admin of your company.',
  });
}

/**
 * The customer who has just proved who they are, by password, single sign-on or invitation, before there is a session to look at. Only the
 * sign-ins may use it (test/architecture.test.ts).
 */
export const provenBySignIn = (user: User): ProvenActor => portalActor(user) as ProvenActor;
