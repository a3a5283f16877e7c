/** Puts a refusal of a rule or a procedure into words, for the person who reads it: with the catalogue in data/messages (B98). */
import en from '../../../data/messages/en/refusals.json' with { type: 'json' };
import { type Facts, Refusal } from '../../errors.js';
import type { Words } from './words.js';

/** `customer`: the people of a customer company, at `countersign portal`. */
export type Reader = 'desk' | 'customer';

type Messages = Readonly<Record<string, string>>;
/** The customers' half is for the desk too, where it meets the same refusal and has no words of its own for it. */
type Half = { readonly reasons: Messages; readonly steps: Messages };
type Catalogue = { readonly desk: Half; readonly customer: Half & { readonly unsaid: string } };

/** Members of the JSON document that are the desk's business: who froze resets, and why. */
const DESK_ONLY = ['freeze'];

/**
 * The refusal with its sentences; one that has words already is given back as it is. A reason that has no sentence for customers is one that
 * they should not learn: they read one general sentence.
 */
export function worded(refused: Refusal, reader: Reader, words: Words): Refusal {
  const { code, because, next, problems, also, cause } = refused;
  if (because === undefined && next.length === 0) return refused;
  const { desk, customer } = words.catalogue<Catalogue>('refusals', en);
  const own = reader === 'desk' ? desk : customer;
  const sentence = (half: 'reasons' | 'steps', key: string, facts: Facts): string | undefined => {
    const message = own[half][key] ?? customer[half][key];
    return message === undefined ? undefined : words.say(message, facts);
  };
  const message = because === undefined ? refused.message : sentence('reasons', because.reason, because.facts);
  const steps =
    message === undefined
      ? [customer.steps['call-desk']]
      : next.map(({ step, facts }) => sentence('steps', step, facts));
  const hints = [refused.hint, ...steps].filter((one) => one !== undefined);
  return new Refusal(code, message ?? customer.unsaid, {
    hint: hints.length === 0 ? undefined : hints.join('   '),
    problems: message === undefined ? [] : problems,
    also: Object.fromEntries(Object.entries(also).filter(([name]) => reader === 'desk' || !DESK_ONLY.includes(name))),
    cause: cause ?? refused,
  });
}
