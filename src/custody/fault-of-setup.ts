/** A failed check of the set-up as one line of `doctor`. Part of main's room. */

import { isRefusal } from '../errors.js';
import type { Finding } from '../house.js';

/** What a failed check says: the refusal and its next step, or the bare error of a package that does not load. */
export function faultOf(subject: string, error: unknown, state: 'missing' | 'wrong' = 'wrong'): Finding {
  if (isRefusal(error)) {
    const first = error.problems[0]?.message;
    const text = first === undefined ? error.message : `${error.message} ${first}`;
    return { subject, state, text, ...(error.hint === undefined ? {} : { mend: error.hint }) };
  }
  return { subject, state, text: error instanceof Error ? error.message : String(error) };
}
