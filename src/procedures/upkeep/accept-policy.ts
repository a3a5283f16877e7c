/** `policy accept`: makes the policy that the settings name the desk's own (B79). */
import type { Desk, SignedOperator } from '../../desk.js';
import { act } from '../authorise.js';

export interface AcceptedPolicy {
  /** SHA-256 of the policy before and now, hex; null if the desk had accepted none. */
  readonly before: string | null;
  readonly after: string;
  /** Whether the desk follows the policy that comes with countersign, also when that changes. */
  readonly follows: boolean;
  readonly changed: boolean;
}

/** A person, not a token: whoever can write settings and has a script's token must not change the rules. */
const ACCEPTING = { permission: 'store:manage', fresh: true, inPerson: true } as const;

/**
 * While another policy than the accepted one is in force, the policy that comes with countersign judges, so a policy cannot give anyone the
 * right to accept it. Refusals as `act`.
 */
export async function acceptPolicy(desk: Desk, signed: SignedOperator): Promise<AcceptedPolicy> {
  const { pinned, offered, accepted } = desk.pin;
  const follows = offered.pinned !== offered.hash;
  if (accepted) return { before: offered.hash, after: offered.hash, follows, changed: false };
  const before = pinned === undefined ? null : /^[0-9a-f]{64}$/.test(pinned) ? pinned : desk.policyHash;
  const detail = { before, after: offered.hash, follows };
  await act(desk, signed, ACCEPTING, {
    entry: () => ({ kind: 'policy.accepted', detail }),
    change: ({ write, now }) => write.policyPin.put(offered.pinned, now),
  });
  return { before, after: offered.hash, follows, changed: true };
}
