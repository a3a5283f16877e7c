/**
 * The one reset of a person at another system (B93): find, read, gate, remove, read back, end sessions. It may be killed at any point
 * and begun again: it reads before it writes, and claims only what it read.
 */
import {
  type Connector,
  type Earlier,
  type Factor,
  type GatePolicy,
  type Person,
  type ResetOutcome,
  type ResetSteps,
  Trouble,
  type Why,
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
    // Whom the first attempt found is not looked for again: what told them apart may be gone by its effect.
    const found = await connector.find({ ...person, external: steps.earlier?.id || person.external });
    if (found === 'none') return { ...known, state: 'unknown' };
    if (found === 'several') return { ...known, state: 'ambiguous' };
    const { id, suspended } = found;
    known = { ...known, id };
    const factors = await connector.factors(id);
    const kinds = kindsOf(factors);
    if (factors.length === 0 && steps.earlier === undefined) return { ...known, sessions: 'stay', state: 'nothing' };
    if (steps.earlier === undefined) await steps.before?.({ id, kinds, suspended, behind: policy.kind }, found);
    const earlier = steps.earlier ?? { id, kinds, suspended, gated: false };
    known = { ...known, gate: await standingGate(connector, policy, id, earlier, steps.gated) };
    removing = true;
    const { left, why: said } = await removeAll(connector, id, factors);
    known = { ...known, left, removed: without(earlier.kinds.length > 0 ? earlier.kinds : kinds, left), ...said };
    if (left.length > 0 && known.removed.length === 0 && known.why !== undefined)
      return { ...known, state: new Trouble(known.why).isNo ? 'refused' : 'unreachable' };
    const ended = await connector.endSessions(id).catch(whyOf);
    const done = typeof ended === 'string';
    const sessions = !done ? 'unknown' : ended === 'ended' ? ended : 'stay';
    const { why } = done ? known : ended;
    if (done && left.length === 0) return { ...known, sessions, state: 'reset' };
    // Where no answer came, the next attempt goes on.
    const state = why === undefined || new Trouble(why).isNo ? 'partial' : 'unreachable';
    return { ...known, sessions, ...(why === undefined ? {} : { why }), state };
  } catch (error) {
    const { why } = whyOf(error);
    // Once removing has begun, only a read-back tells what is there.
    return { ...known, why, state: new Trouble(why).isNo && !removing ? 'refused' : 'unreachable' };
  }
}

async function standingGate(
  connector: Connector,
  policy: GatePolicy,
  id: string,
  earlier: Earlier,
  gated: ResetSteps['gated'],
): Promise<NonNullable<ResetOutcome['gate']>> {
  const { kind } = policy;
  const { behind = 'none' } = earlier;
  const lift = [kind, behind].includes('suspend') && !earlier.suspended;
  // Somebody may have let a suspended person in meanwhile, so this gate is looked at again.
  if (kind === 'none' || (earlier.gated && kind !== 'suspend')) {
    // The settings have no gate any more: from here on factors go, and an undo does not stop it.
    if (!earlier.gated && behind !== 'none') await gated?.({ kind, code: null, until: null });
    return { kind, code: null, until: null, lift };
  }
  const gate = await connector.gate(id, policy);
  await gated?.(gate);
  return { ...gate, lift };
}

/** Goes on as long as a round removes something, or ends without an answer. `why`: what the last round said, if factors are left. */
async function removeAll(connector: Connector, id: string, factors: readonly Factor[]) {
  let left = factors;
  let trouble: { readonly why: Why } | undefined;
  for (let round = 0; left.length > 0 && round < MOST_ROUNDS; round += 1) {
    const before = left.length;
    trouble = (await connector.reset(id, left).catch(whyOf)) ?? undefined;
    left = await connector.factors(id);
    if (left.length >= before && (trouble === undefined || !new Trouble(trouble.why).isPassing)) break;
  }
  return { left: kindsOf(left), ...(left.length > 0 && trouble !== undefined ? { why: trouble } : {}) };
}

const kindsOf = (factors: readonly Factor[]): readonly string[] => factors.map(({ kind }) => kind);

/** Throws what is no trouble of the world. */
function whyOf(error: unknown): { readonly why: Why } {
  if (error instanceof Trouble) return { why: error.why };
  throw error;
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
