/** Puts a refusal of a rule or a procedure into words, for the person who reads it: with the catalogue in data/messages (B98). */
import de from '../../../data/messages/de/refusals.json' with { type: 'json' };
import deTerms from '../../../data/messages/de/terms.json' with { type: 'json' };
import en from '../../../data/messages/en/refusals.json' with { type: 'json' };
import enTerms from '../../../data/messages/en/terms.json' with { type: 'json' };
import { type Facts, Refusal } from '../../errors.js';
import { type Language, say } from './say.js';

/** `customer`: the people of a customer company, at `countersign portal`. */
export type Reader = 'desk' | 'customer';

type Messages = Readonly<Record<string, string>>;
/** The customers' half is for the desk too, where it meets the same refusal and has no words of its own for it. */
type Half = { readonly reasons: Messages; readonly steps: Messages };
type Catalogue = { readonly desk: Half; readonly customer: Half & { readonly unsaid: string } };

/** German has the keys of English, or this does not compile. */
const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, de: de satisfies typeof en };
const TERMS: Readonly<Record<Language, Readonly<Record<string, Messages>>>> = {
  en: enTerms,
  de: deTerms satisfies typeof enTerms,
};

/** Members of the JSON document that are the desk's business: who froze resets, and why. */
const DESK_ONLY = ['freeze'];

/**
 * The refusal with its sentences; one that has words already is given back as it is. A reason that has no sentence for customers is one that
 * they should not learn: they read one general sentence. `now` in ms, for waits.
 */
export function worded(refused: Refusal, reader: Reader, now: number, language: Language = 'en'): Refusal {
  const { code, because, next, problems, also, cause } = refused;
  if (because === undefined && next.length === 0) return refused;
  const { desk, customer } = CATALOGUES[language];
  const own = reader === 'desk' ? desk : customer;
  const sentence = (half: 'reasons' | 'steps', key: string, facts: Facts): string | undefined => {
    const message = own[half][key] ?? customer[half][key];
    return message === undefined ? undefined : say(message, withTerms(facts, language), language, now);
  };
  const message = because === undefined ? refused.message : sentence('reasons', because.reason, because.facts);
  const steps =
    message === undefined
      ? [customer.steps['call-desk']]
      : next.map(({ step, facts }) => sentence('steps', step, facts));
  const hints = [refused.hint, ...steps].filter((one) => one !== undefined);
  return new Refusal(code, message ?? customer.unsaid, {
    ...(hints.length === 0 ? {} : { hint: hints.join('   ') }),
    problems: message === undefined ? [] : problems,
    also: reader === 'desk' ? also : withoutDeskOnly(also),
    cause: cause ?? refused,
  });
}

/** A fact that is named like a set of terms is a key of that set. */
const withTerms = (facts: Facts, language: Language): Facts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, TERMS[language][name]?.[String(fact)] ?? fact]),
  );

const withoutDeskOnly = (also: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(also).filter(([name]) => !DESK_ONLY.includes(name)));
