/**
 * How fast one connector may call, for all of its calls in this process: by the headers of the vendor, by Retry-After, and by the
 * setting `rate`, which is for systems that state a limit and no headers.
 */
import { type ConnectorEffects, Trouble } from './connector.js';

/** A window of Okta is a minute. Whoever must wait for longer is told so and can try again. */
const LONGEST_WAIT_MS = 90_000;
/** Below this, the difference to the server's clock is its answer's time under way, and the Date header's rounding. */
const SKEW_MS = 5_000;

export class Pace {
  readonly #effects: Pick<ConnectorEffects, 'pause' | 'now'>;
  readonly #gapMs: number;
  readonly #buckets = new Map<string, { left: number; readonly resetAt: number }>();
  #inFlight = 0;
  #notBefore = 0;
  #nextSlot = 0;

  /** `perMinute` 0: only by what the vendor says. */
  constructor(effects: Pick<ConnectorEffects, 'pause' | 'now'>, perMinute: number) {
    this.#effects = effects;
    this.#gapMs = perMinute === 0 ? 0 : 60_000 / perMinute;
  }

  /** Waits until one more call of this kind may go. Trouble `rate-limited` or `stopped`. */
  async take(kind: string, signal: AbortSignal | undefined): Promise<void> {
    const slot = Math.max(this.#effects.now(), this.#nextSlot);
    this.#nextSlot = slot + this.#gapMs;
    for (;;) {
      const now = this.#effects.now();
      const wait = Math.max(this.#gapMs === 0 ? 0 : slot, this.#notBefore, this.#exhaustedUntil(now)) - now;
      if (wait > LONGEST_WAIT_MS) throw new Trouble('rate-limited');
      if (wait > 0) await this.#effects.pause(wait, signal);
      if (signal?.aborted === true) throw new Trouble('stopped');
      if (wait <= 0) break;
    }
    this.#inFlight += 1;
    const bucket = this.#buckets.get(kind);
    if (bucket !== undefined) bucket.left -= 1;
  }

  /** Every call that was taken ends here, also one without an answer. */
  done(kind: string, answer: Pick<Response, 'status' | 'headers'> | undefined): void {
    this.#inFlight -= 1;
    if (answer === undefined) return;
    const { headers, status } = answer;
    const now = this.#effects.now();
    const number = (name: string) => Number.parseFloat(headers.get(name) ?? '');
    const [left, reset] = [number('x-rate-limit-remaining'), number('x-rate-limit-reset') * 1_000];
    const skew = Date.parse(headers.get('date') ?? '') - now;
    const resetAt = Math.abs(skew) > SKEW_MS ? reset - skew : reset;
    if (left >= 0 && resetAt > now) {
      const known = this.#buckets.get(kind);
      // The server may not have counted the calls under way; and answers overtake each other, so that in one window only the lowest counts.
      const sure = left - this.#inFlight;
      this.#buckets.set(kind, { left: known?.resetAt === resetAt ? Math.min(known.left, sure) : sure, resetAt });
    }
    if (status === 429 || status === 503)
      this.#notBefore = Math.max(this.#notBefore, now + retryMs(headers, now, resetAt));
  }

  /** A vendor's limit can be one for several kinds of calls, so one that is used up stops all. */
  #exhaustedUntil(now: number): number {
    let until = 0;
    for (const [kind, { left, resetAt }] of this.#buckets) {
      if (resetAt <= now) this.#buckets.delete(kind);
      else if (left <= 0) until = Math.max(until, resetAt);
    }
    return until;
  }
}

/** Retry-After in seconds or as a date (RFC 9110); otherwise the end of the window; otherwise a second. */
function retryMs(headers: Headers, now: number, resetAt: number): number {
  const after = headers.get('retry-after') ?? '';
  if (/^\d{1,6}$/.test(after)) return Number(after) * 1_000;
  const date = Date.parse(after);
  if (date > now) return date - now;
  return resetAt > now ? resetAt - now : 1_000;
}
