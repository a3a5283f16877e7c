/** Puts a refusal of a rule or a procedure into words, for the person who reads it. */
import { Refusal } from '../../errors.js';
import type { Because, NextStep, Reasons, Steps } from '../../refusals/because.js';
import { CUSTOMER_SENTENCES } from './customer-sentences.js';
import { CUSTOMER_STEPS } from './customer-steps.js';
import { DESK_SENTENCES } from './desk-sentences.js';
import { DESK_STEPS } from './desk-steps.js';
import type { Sentences, When } from './sentences.js';
import { waitFrom } from './times.js';

/** `customer`: the people of a customer company, at `countersign portal`. */
export type Reader = 'desk' | 'customer';

const TABLES: Readonly<Record<Reader, { sentences: Partial<Sentences<Reasons>>; steps: Partial<Sentences<Steps>> }>> = {
  desk: {
    sentences: { ...CUSTOMER_SENTENCES, ...DESK_SENTENCES },
    steps: { ...CUSTOMER_STEPS, ...DESK_STEPS },
  },
  customer: { sentences: CUSTOMER_SENTENCES, steps: CUSTOMER_STEPS },
};

/** A reason that has no sentence for customers is one they should not learn. */
const UNSAID = 'this is not possible just now';
const UNSAID_STEP = 'Call your support desk.';

/** Members of the JSON document that are the desk's business: who froze resets, and why. */
const DESK_ONLY = ['freeze'];

/** The refusal with its sentences; one that has words already is given back as it is. `now` in ms, for waits. */
export function worded(refused: Refusal, reader: Reader, now: number): Refusal {
  const { code, because, next, problems, also, cause } = refused;
  if (because === undefined && next.length === 0) return refused;
  const when = waitFrom(now);
  const table = TABLES[reader];
  const message = because === undefined ? refused.message : sentenceOf(table.sentences, because, when);
  const steps = next.flatMap((step) => stepOf(table.steps, step, when) ?? []);
  const hints = [refused.hint, ...(message === undefined ? [UNSAID_STEP] : steps)].filter((one) => one !== undefined);
  return new Refusal(code, message ?? UNSAID, {
    ...(hints.length === 0 ? {} : { hint: hints.join('   ') }),
    problems: message === undefined ? [] : problems,
    also: reader === 'desk' ? also : withoutDeskOnly(also),
    cause: cause ?? refused,
  });
}

// The two sides of a lookup fit by construction: `refusal()` takes only the facts of its reason and step.
type AnySentence = ((facts: never, when: When) => string) | undefined;

function sentenceOf(table: Partial<Sentences<Reasons>>, { reason, facts }: Because, when: When): string | undefined {
  const say: AnySentence = table[reason];
  return say?.(facts as never, when);
}

function stepOf(table: Partial<Sentences<Steps>>, { step, facts }: NextStep, when: When): string | undefined {
  const say: AnySentence = table[step];
  return say?.(facts as never, when);
}

const withoutDeskOnly = (also: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(also).filter(([name]) => !DESK_ONLY.includes(name)));
