/** A check of `doctor`: a subject, and a function that changes nothing. A failed check is a finding and does not stop the others. */
import { worded } from '../../commands/wording/worded.js';
import { englishAt } from '../../commands/wording/words.js';
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
  /** Id of the key that the store uses. */
  readonly keyId: string;
}

/** Needs a store, and the key that it uses. */
export interface StoreCheck {
  readonly subject: string;
  look(opened: OpenedStore): Promise<readonly Finding[]>;
}

/** What a failed check says: the refusal and its hint, or the plain error of a package that does not load. */
export function faultOf(subject: string, error: unknown, state: 'missing' | 'wrong' = 'wrong'): Finding {
  if (isRefusal(error)) {
    const { message, hint, problems } = worded(error, 'desk', englishAt(Date.now()));
    const [first, ...more] = problems;
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    const text = first === undefined ? message : `${message.replace(/\.$/, '')}: ${first.message}${rest}`;
    return { subject, state, text, ...(hint === undefined ? {} : { mend: hint }) };
  }
  return { subject, state, text: error instanceof Error ? error.message : String(error) };
}

/** Turns a refusal, such as one about a changed row, into a finding, so that the other checks still run. */
export async function orFault(subject: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (isRefusal(error)) return [faultOf(subject, error)];
    throw error;
  }
}
