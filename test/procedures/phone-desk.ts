/**
 * The people of northwind.ts on the phone: passphrases written straight into the store, an agent and a lead, verification in one
 * line, and what the log says of it.
 */

import type { Desk, SignedOperator, Writes } from '../../src/desk.js';
import type { Refusal } from '../../src/errors.js';
import { act } from '../../src/procedures/authorise.js';
import { requireGrant } from '../../src/procedures/calls/grants.js';
import { type Verdict, verifyCaller } from '../../src/procedures/calls/verify-caller.js';
import { passphraseContext } from '../../src/procedures/seal-contexts.js';
import { ALARM_SCOPES, type AlarmScope } from '../../src/rules/alarms.js';
import type { User } from '../../src/rules/people.js';
import type { Limits } from '../../src/rules/policy.js';
import { FOLD_VERSION, matchForm } from '../../src/rules/spoken-form.js';
import { proven } from '../support/proven.js';
import { refusalOf } from '../support/said.js';
import type { EngineName } from '../support/test-desk.js';
import { type Login, type Northwind, northwind, PHRASE } from './northwind.js';

/** A grant that is live inside the write door. */
type UsableGrant = Awaited<ReturnType<typeof requireGrant>>;

export const WRONG = 'purple teapot beneath seven ladders';

export interface Said {
  readonly account?: string;
  readonly caller?: string;
  readonly action?: string;
  /** null: forgotten. */
  readonly phrase?: string | null;
  readonly ticket?: string;
  readonly by?: SignedOperator;
  /** Another view of the same desk, as with another policy. */
  readonly desk?: Desk;
}

export interface PhoneDesk extends Northwind {
  readonly agent: SignedOperator;
  givePhrase(login: Login, phrase?: string): Promise<void>;
  /** Ana of Northwind, billing:change, the right phrase: each may be said otherwise. */
  call(said?: Said): Promise<Verdict>;
  /** The refusal that the work ends with; a test fails where it does not. */
  refusal(work: Promise<unknown>): Promise<Refusal>;
  useGrant(id: string, by?: SignedOperator, action?: string): Promise<UsableGrant>;
  write(change: (write: Writes) => Promise<unknown>): Promise<void>;
  entries(kind?: string): Promise<readonly LogEntry[]>;
}

export interface LogEntry {
  readonly kind: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly by: { readonly id: string; readonly name: string };
  readonly user?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export async function phoneDesk(engine: EngineName): Promise<PhoneDesk> {
  const place = await northwind(engine);
  const { desk, clock } = place;
  const agent = await place.operator('agent');
  const write = async (change: (write: Writes) => Promise<unknown>): Promise<void> => {
    const by = proven({ kind: 'operator', id: 'test', name: 'test' });
    await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: clock.now(), by }, change);
  };
  return {
    ...place,
    agent,
    write,
    givePhrase: async (login, phrase = PHRASE) => {
      const user = await place.user(login);
      const row = await phraseRow(desk, user, phrase);
      await write((tables) => tables.secrets.putPassphrase(row));
    },
    call: (said = {}) =>
      verifyCaller(said.desk ?? desk, said.by ?? agent, {
        account: said.account ?? '100234',
        caller: said.caller ?? 'ana',
        action: said.action ?? 'billing:change',
        phrase: said.phrase === undefined ? PHRASE : said.phrase,
        ticket: said.ticket,
      }),
    refusal: (work) => refusalOf(work, clock.now()),
    useGrant: (id, by = agent, action = 'login-security:mfa-reset') =>
      act<'verify', UsableGrant>(
        desk,
        by,
        { permission: 'verify' },
        {
          entry: (_done, { actor }) => ({ kind: 'test.used', outcome: 'done', at: clock.now(), by: actor }),
          change: async (acting) => {
            const usable = await requireGrant(acting, id, action);
            await acting.write.grants.use(id, clock.now());
            return usable;
          },
        },
      ),
    entries: async (kind) =>
      (await desk.store.read.audit.newest(kind === undefined ? {} : { kind }, 1_000))
        .map((row) => JSON.parse(row.body) as LogEntry)
        .reverse(),
  };
}

export async function phraseRow(desk: Desk, user: User, phrase: string) {
  const place = passphraseContext(user);
  return {
    user_id: user.id,
    verifier: await desk.secrets.make('person', 'seal/passphrase', place, matchForm(phrase)),
    form_version: FOLD_VERSION,
    owner_copy: null,
    set_by: 'owner',
    set_at: desk.now(),
    setup_at: null,
  };
}

/** The desk with other limits on guessing. */
export function withThrottle(desk: Desk, throttle: Partial<Limits['throttle']>): Desk {
  const { limits } = desk.policy;
  return { ...desk, policy: { ...desk.policy, limits: { ...limits, throttle: { ...limits.throttle, ...throttle } } } };
}

/** The desk with other bounds of its alarms (B95). */
export function withAlarms(desk: Desk, floors: Readonly<Record<AlarmScope, number>>): Desk {
  const { limits } = desk.policy;
  const bounds = Object.fromEntries(ALARM_SCOPES.map((scope) => [scope, { floor: floors[scope], perOperator: 0 }]));
  return { ...desk, policy: { ...desk.policy, limits: { ...limits, alarms: { ...limits.alarms, ...bounds } } } };
}

const NEVER = { desk: 1e9, company: 1e9, operator: 1e9 };

/** No limit is ever reached: for suites about what is decided, not about how often. */
export const unlimited = (desk: Desk): Desk =>
  withAlarms(withThrottle(desk, { lockFromFailure: 1_000_000, disabledAtFailure: 1_000_001 }), NEVER);
