/** What a check of `doctor` is: a subject, and a look that changes nothing. One that fails is a finding too, and hides no other. */
import { worded } from '../../commands/wording/worded.js';
import { isRefusal } from '../../errors.js';
import type { Finding } from '../../house.js';
import type { Custody } from '../../opening/open-custody.js';
import type { Store } from '../../store/store.js';

/** Needs no store. */
export interface SetupCheck {
  readonly subject: string;
  look(custody: Custody): Promise<readonly Finding[]>;
}

export interface OpenedStore {
  readonly store: Store;
  readonly custody: Custody;
  /** Id of the key that the store is under. */
  readonly keyId: string;
}

/** Needs a store under a key that is at hand. */
export interface StoreCheck {
  readonly subject: string;
  look(opened: OpenedStore): Promise<readonly Finding[]>;
}

/** What a failed check says: the refusal and its next step, or the bare error of a package that does not load. */
export function faultOf(subject: string, error: unknown, state: 'missing' | 'wrong' = 'wrong'): Finding {
  if (isRefusal(error)) {
    const { message, hint, problems } = worded(error, 'desk', Date.now());
    const first = problems[0]?.message;
    const text = first === undefined ? message : `${message}: ${first}`;
    return { subject, state, text, ...(hint === undefined ? {} : { mend: hint }) };
  }
  return { subject, state, text: error instanceof Error ? error.message : String(error) };
}

/** One check that cannot be done, such as a row that somebody changed, does not hide the others. */
export async function orFault(subject: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (isRefusal(error)) return [faultOf(subject, error)];
    throw error;
  }
}
