/** What the checks of `doctor` share. A check changes nothing; a failed one is a finding and does not stop the others. */
import { ofTheSystem } from '../../commands/report-outcome.js';
import { worded } from '../../commands/wording/worded.js';
import { englishAt } from '../../commands/wording/words.js';
import { isRefusal, type Refusal } from '../../errors.js';
import type { Finding } from '../../house.js';
import type { Custody } from '../../opening/open-custody.js';
import type { Store } from '../../store/store.js';

/** A finding, with a subject of its own where it differs from that of its check. */
export type Told = Omit<Finding, 'subject'> & { readonly subject?: string };

export interface OpenedStore {
  readonly store: Store;
  readonly custody: Custody;
  /** Id of the key that the store uses. */
  readonly keyId: string;
}

/** Checks by their subjects, in the order in which they are shown. */
export type Checks<Opened> = Readonly<Record<string, (opened: Opened) => readonly Told[] | Promise<readonly Told[]>>>;

/** What a failed check says: the refusal and its hint, or the plain error of a package that does not load. */
export function faultOf(subject: string, error: unknown, state: 'missing' | 'wrong' = 'wrong'): Finding {
  const refused = refusalIn(error);
  if (refused !== undefined) {
    const { message, hint, problems } = worded(refused, 'desk', englishAt(Date.now()));
    const [first, ...more] = problems;
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    const text = first === undefined ? message : `${message.replace(/\.$/, '')}: ${first.message}${rest}`;
    return { subject, state, text, ...(hint === undefined ? {} : { mend: hint }) };
  }
  return { subject, state, text: error instanceof Error ? error.message : String(error) };
}

const refusalIn = (error: unknown): Refusal | undefined => (isRefusal(error) ? error : ofTheSystem(error));

/** Makes every check. A refusal, such as one about a changed row, is a finding. */
export async function found<Opened>(checks: Checks<Opened>, opened: Opened): Promise<readonly Finding[]> {
  const all: Finding[] = [];
  for (const [subject, look] of Object.entries(checks)) {
    try {
      all.push(...(await look(opened)).map((told) => ({ subject, ...told })));
    } catch (error) {
      if (refusalIn(error) === undefined) throw error;
      all.push(faultOf(subject, error));
    }
  }
  return all;
}
