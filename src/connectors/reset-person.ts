/**
 * The one reset of a person at another system (B93): find, read, gate, remove, read back, end sessions. It may be killed at any point
 * and begun again: it reads before it writes, and claims only what it read.
 */
import { persist } from './answers.js';
import {
  type Connector,
  type Earlier,
  type Factor,
  type GatePolicy,
  type Person,
  type ResetOutcome,
  type ResetSteps,
  Trouble,
} from './connector.js';

/** The default method at Entra goes last; every round that removes something may go on. */
const MOST_ROUNDS = 6;

const NOTHING_YET: Omit<ResetOutcome, 'state'> = { removed: [], left: [], id: null, sessions: 'unknown', gate: null };

/** Never rejects for what happens in the world; only for a bug, or if `before` or `gated` rejects. */
export async function resetPerson(
  connector: Connector,
  policy: GatePolicy,
  person: Person,
  steps: ResetSteps = {},
): Promise<ResetOutcome> {
  let known = NOTHING_YET;
  let removing = false;
  try {
    const found = await connector.find(person);
    if (found === 'none') return { ...known, state: 'unknown' };
    if (found === 'several') return { ...known, state: 'ambiguous' };
    const { id } = found;
    known = { ...known, id };
    const factors = await connector.factors(id);
    const kinds = factors.map(({ kind }) => kind);
    if (factors.length === 0 && steps.earlier === undefined) return { ...known, sessions: 'stay', state: 'nothing' };
    const earlier = steps.earlier ?? { kinds, suspended: found.suspended, gated: false };
    if (steps.earlier === undefined) await steps.before?.({ id, kinds, suspended: found.suspended });
    known = { ...known, gate: await standingGate(connector, policy, id, { earlier, gated: steps.gated }) };
    removing = true;
    const { left, why } = await removeAll(connector, id, factors);
    const seen = earlier.kinds.length > 0 ? earlier.kinds : kinds;
    known = { ...known, left, removed: without(seen, left) };
    if (left.length > 0 && known.removed.length === 0 && why !== undefined)
      return { ...known, why, state: new Trouble(why).isNo ? 'refused' : 'unreachable' };
    const ended = await endSessions(connector, id);
    const done = left.length === 0 && ended.sessions !== 'unknown';
    return { ...known, ...(why === undefined ? {} : { why }), ...ended, state: done ? 'reset' : 'partial' };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    // Once removing has begun, only a read-back tells what is there.
    return { ...known, why: error.why, state: error.isNo && !removing ? 'refused' : 'unreachable' };
  }
}

interface Standing {
  readonly earlier: Earlier;
  readonly gated: ResetSteps['gated'];
}

async function standingGate(
  connector: Connector,
  policy: GatePolicy,
  id: string,
  { earlier, gated }: Standing,
): Promise<NonNullable<ResetOutcome['gate']>> {
  const { kind } = policy;
  const lift = kind === 'suspend' && !earlier.suspended;
  const none = { kind, code: null, until: null };
  // Somebody may have let a suspended person in meanwhile, so this gate is looked at again.
  if (kind === 'none' || (earlier.gated && kind !== 'suspend')) return { ...none, lift };
  const gate = await persist(() => connector.gate(id, policy));
  await gated?.(gate);
  return { ...gate, lift };
}

interface Removed {
  readonly left: readonly string[];
  /** Why the last round did not remove all that is left, if it said so. */
  readonly why?: Trouble['why'];
}

async function removeAll(connector: Connector, id: string, factors: readonly Factor[]): Promise<Removed> {
  let left = factors;
  let trouble: Trouble | undefined;
  for (let round = 0; left.length > 0 && round < MOST_ROUNDS; round += 1) {
    trouble = await connector.reset(id, left).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Trouble) return error;
        throw error;
      },
    );
    if (trouble?.why === 'stopped') throw trouble;
    const before = left.length;
    left = await connector.factors(id);
    if (left.length >= before && !trouble?.isPassing) break;
  }
  const kinds = left.map(({ kind }) => kind);
  return left.length > 0 && trouble !== undefined ? { left: kinds, why: trouble.why } : { left: kinds };
}

/** A factor is gone whether or not sessions can be ended, so trouble here makes the reset partial. */
async function endSessions(connector: Connector, id: string): Promise<Pick<ResetOutcome, 'sessions' | 'why'>> {
  try {
    return { sessions: (await persist(() => connector.endSessions(id))) === 'ended' ? 'ended' : 'stay' };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { sessions: 'unknown', why: error.why };
  }
}

/** All of one list that the other does not have, counted one by one. */
function without(all: readonly string[], left: readonly string[]): readonly string[] {
  const open = [...left];
  return all.filter((kind) => {
    const at = open.indexOf(kind);
    if (at >= 0) open.splice(at, 1);
    return at < 0;
  });
}
