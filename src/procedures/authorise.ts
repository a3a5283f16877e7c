/**
 * Every door has its own lock (B78, T14, T15). A `SignedOperator` is only a claim. The transaction that acts reads session or token,
 * operator, role and fresh code again, by the trusted clock, and makes an `Authorised<permission>` from them. Steps that change anything
 * take one, and only its actor may appear in an entry that says an operator did something. It ends with its transaction, so nobody can
 * fetch it before a prompt or keep it across one. procedures/portal/act-as-owner.ts does the same for customers.
 */
import type { Desk, LogState, Reads, SignedOperator, Writes } from '../desk.js';
import { isRefusal, type Refusal, refusal } from '../errors.js';
import { type ActEntry, type Actor, type AuditEntry, entriesOf, type ProvenActor } from '../rules/audit-entry.js';
import { minutes } from '../rules/duration.js';
import { known } from '../rules/known.js';
import { needsFreshCode, type Permission, permits } from '../rules/operator-roles.js';
import type { Operator } from '../rules/people.js';
import { judgeSession, judgeToken, notSignedIn, type Standing } from './operators/standing.js';

/** What a door asks for: a permission of the role, or only that the operator is still signed in. */
export type Lock = Permission | 'signed-in';

export interface Door<P extends Lock = Lock> {
  readonly permission: P;
  /** Asks for a code from the authenticator app within the last minutes, from roles that have one (B70). */
  readonly fresh?: boolean;
  /** Asks for a person: tokens are refused. */
  readonly inPerson?: boolean;
  /** Logs what the change itself forbids too, such as one's own role: whoever tries to gain power is in the log (B99). */
  readonly logsRefusals?: boolean;
  /** A running job does not count as idle while its operator looks away from it. */
  readonly running?: boolean;
  /** Queued messages are sent at the end of the run, not after each of its many transactions. */
  readonly sendLater?: boolean;
}

let end: (authorised: Authorised<Lock>) => void;

/**
 * The proof that this operator may do this, now. The class is not exported and has private fields, so outside this file only `act` can
 * give an `Authorised`: a literal, a spread or another permission does not type-check.
 */
class Authorised<out P extends Lock> {
  static {
    end = (authorised) => {
      authorised.#proved = undefined;
    };
  }
  readonly permission: P;
  /** The token that acts; null for a person. */
  readonly token: Standing['token'];
  #proved: { readonly standing: Standing; readonly actor: Actor } | undefined;

  constructor(permission: P, standing: Standing, actor: Actor) {
    this.permission = permission;
    this.token = standing.token;
    this.#proved = { standing, actor };
  }

  /** The operator as stored now, with the role of the token if a token was used. */
  get operator(): Operator {
    return this.#live.standing.operator;
  }

  /** Who did it, for the log. */
  get actor(): ProvenActor {
    return this.#live.actor as ProvenActor;
  }

  /** The customer login of the same person, or null (B55: nobody resets themselves). */
  get alsoUserId(): string | null {
    return this.#live.standing.alsoUserId;
  }

  get #live() {
    if (this.#proved !== undefined) return this.#proved;
    throw new Error('an authority was used outside the transaction that it was given in');
  }
}

export type { Authorised };

/** What the write door gives to a step. */
export interface Inside {
  readonly desk: Desk;
  readonly write: Writes;
  readonly log: LogState;
}

/** What the door gives to an authorised change. */
export interface Acting<P extends Lock> extends Inside {
  /** The trusted time, ms: never before the latest that any writer has seen (T22). */
  readonly now: number;
  readonly by: Authorised<P>;
}

export interface Act<P extends Lock, T> {
  /** The log entry, made inside the transaction, after the change. */
  readonly entry: (done: T, by: Authorised<P>) => ActEntry | readonly ActEntry[];
  readonly change: (acting: Acting<P>) => Promise<T>;
}

/**
 * The operators' way through the write door: checks the authority, makes the change and writes its entry in one transaction, then sends
 * what was queued. Refusals: not-signed-in, forbidden and factor-needed (logged), and those of the change.
 */
export async function act<P extends Lock, T>(
  desk: Desk,
  signed: SignedOperator,
  door: Door<P>,
  { entry, change }: Act<P, T>,
): Promise<T> {
  let denied = true;
  try {
    const { done } = await desk.store.record<{ done: T; entries: readonly AuditEntry[] }>(
      ({ entries }) => entries,
      async (write, log) => {
        const now = desk.now();
        const by = await authorise(desk, { read: write, now }, signed, door);
        denied = false;
        try {
          const done = await change({ desk, write, log, now, by });
          return { done, entries: entriesOf(entry(done, by), { at: now, by: by.actor }) };
        } finally {
          end(by);
        }
      },
    );
    if (door.sendLater !== true) await desk.sendQueued();
    return done;
  } catch (error) {
    const logged = denied ? DENIED : REFUSED;
    if ((denied || door.logsRefusals) && coded(error, logged)) await logDenial(desk, signed, door.permission, error);
    throw error;
  }
}

/** An act that is only logged, before something is shown, copied or handed out. Refusals as `act`. */
export const note = (desk: Desk, signed: SignedOperator, door: Door, entry: ActEntry): Promise<void> =>
  act(desk, signed, door, { entry: () => entry, change: async () => undefined });

/**
 * Asks the same questions before anything is looked up, shown or asked of a person, so that nobody types an answer in vain and a refusal
 * does not reveal what exists. It gives no authority: the act asks again. Refusals as `act`.
 */
export async function askAuthority(desk: Desk, signed: SignedOperator, door: Door): Promise<void> {
  try {
    await ask(desk, signed, door);
  } catch (error) {
    if (coded(error, DENIED)) await logDenial(desk, signed, door.permission, error);
    throw error;
  }
}

/** What is refused before an act on a secret or a power begins is in the log, as what the act itself refuses (B99). */
export async function loggingRefusals(desk: Desk, by: SignedOperator, door: Door, work: () => void): Promise<void> {
  try {
    work();
  } catch (error) {
    if (coded(error, REFUSED)) await logDenial(desk, by, door.permission, error);
    throw error;
  }
}

/** The role, or a proof that is missing: a fresh code, or a person where a token asks. */
const DENIED = /^(forbidden|factor-needed)$/;
const REFUSED = /^(forbidden|refused-by-policy|locked)$/;
const coded = (error: unknown, codes: RegExp): error is Refusal => isRefusal(error) && codes.test(error.code);

/**
 * Tells whether the operator may do this too, as stored now, to decide what is shown beside something else. A no is not a denial and is
 * not logged. Refusal not-signed-in.
 */
export async function mayAlso(desk: Desk, signed: SignedOperator, door: Door): Promise<boolean> {
  try {
    await ask(desk, signed, door);
    return true;
  } catch (error) {
    if (coded(error, /^forbidden$/)) return false;
    throw error;
  }
}

/** By the time after a look at what others have logged meanwhile: a console runs for a whole shift. */
async function ask(desk: Desk, signed: SignedOperator, door: Door): Promise<void> {
  await desk.store.read.audit.head();
  end(await authorise(desk, { read: desk.store.read, now: desk.now() }, signed, door));
}

/** The one function that hands out authority. */
async function authorise<P extends Lock>(
  desk: Desk,
  { read, now }: { readonly read: Pick<Reads, 'operators'>; readonly now: number },
  signed: SignedOperator,
  door: Door<P>,
): Promise<Authorised<P>> {
  const standing = await standingOf(desk, read, signed, { now, running: door.running === true });
  const { permission } = door;
  if (permission !== 'signed-in' && !standing.roles.every((role) => permits(desk.policy, role, permission)))
    throw refusal('forbidden', 'role-may-not', { role: standing.operator.role, permission }, 'ask-permitted');
  if (door.inPerson === true && signed.via === 'token')
    throw refusal('factor-needed', 'person-not-token', {}, 'sign-in-in-person');
  if (door.fresh === true) requireFresh(desk, signed, standing, now);
  return new Authorised(permission, standing, signed.actor);
}

async function standingOf(
  desk: Desk,
  { operators }: Pick<Reads, 'operators'>,
  signed: SignedOperator,
  time: { readonly now: number; readonly running: boolean },
): Promise<Standing> {
  const row = await operators.byId(signed.operator.id);
  if (row === undefined) throw notSignedIn('operator-gone', {});
  if (signed.via === 'token') {
    const token = signed.tokenId === null ? undefined : await operators.tokenById(signed.tokenId);
    return judgeToken(row, token, time.now);
  }
  const session = signed.sessionId === null ? undefined : await operators.sessionById(signed.sessionId);
  return judgeSession(desk.policy.limits, row, session, { ...time, person: desk.person });
}

/** Scripts' tokens have no code; they need a reason and a ticket instead. */
function requireFresh(desk: Desk, signed: SignedOperator, { operator, codeAt }: Standing, now: number): void {
  if (signed.via === 'token' || !needsFreshCode(desk.policy, operator.role)) return;
  if (codeAt !== null && now < codeAt + minutes(desk.policy.limits.operatorSession.freshCodeMinutes)) return;
  throw refusal('factor-needed', 'fresh-code-needed', {}, 'give-code');
}

/**
 * Marks an operator as proven who has just shown who they are, before any session exists. Only the sign-in, the code that makes the first
 * operator, and a restore (its operator was proven in the replaced store) may use it (test/architecture.test.ts).
 */
export const provenBySignIn = (actor: Actor): ProvenActor => actor as ProvenActor;

export async function logDenial(
  desk: Desk,
  signed: SignedOperator,
  permission: string,
  { code, because }: Pick<Refusal, 'code' | 'because'>,
  command?: string,
): Promise<void> {
  const detail = { ...known({ command, why: because?.reason }), role: signed.operator.role, permission };
  const about = { at: desk.now(), by: signed.actor, reason: code, detail };
  await logIfPossible(desk, { ...about, kind: 'operator.denied', outcome: 'refused' });
}

/** A store that takes no entry (read-only, behind its anchor) changes nothing of the answer. */
export const logIfPossible = (desk: Desk, entry: AuditEntry): Promise<void> =>
  desk.store
    .record(entry, async () => undefined)
    .catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
