/** What a verifier found wrong with the log, in words and by entry. It keeps the first twenty and counts all. */
import { type Problem, refusal } from '../../errors.js';

/** Twenty faults show what happened to a log; a million do not show more. */
const KEPT = 20;

export class LogFaults {
  readonly #problems: Problem[] = [];
  readonly #entries: number[] = [];
  #count = 0;

  add(message: string): void {
    this.#count += 1;
    if (this.#problems.length < KEPT) this.#problems.push({ message });
  }

  addEntry(seq: number, what: string): void {
    if (this.#entries.length < KEPT) this.#entries.push(seq);
    this.add(`entry ${seq} ${what}`);
  }

  /** Entries from `start` up to, not including, `end`. */
  addMissing(start: number, end: number): void {
    this.addRange(start, end, 'missing');
  }

  addRange(start: number, end: number, what: 'missing' | 'changed together with its hash'): void {
    if (this.#entries.length < KEPT) this.#entries.push(start);
    const one = end - start === 1;
    if (what === 'missing') this.add(one ? `entry ${start} is missing` : `entries ${start} to ${end - 1} are missing`);
    else this.add(one ? `entry ${start} was ${what}` : `one of the entries ${start} to ${end - 1} was ${what}`);
  }

  /** True if a fault in the range was named already (or more faults were found than are kept). */
  nameOneIn(start: number, end: number): boolean {
    return this.#count > KEPT || this.#entries.some((seq) => seq >= start && seq < end);
  }

  /** Throws the refusal `audit-broken`, with the first fault in its message, if there is any fault. */
  throwIfAny(): void {
    const [first] = this.#problems;
    if (first === undefined) return;
    throw refusal('audit-broken', 'log-broken', { first: first.message, more: this.#count - 1 }, 'keep-store', {
      problems: this.#count === 1 ? [] : this.#problems,
      also: { audit: { outcome: 'broken', faults: this.#count, entries: this.#entries } },
    });
  }
}
