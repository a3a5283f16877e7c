/**
 * Runs one attempt with a time limit and the caller's own signal, and reads an answer with a limit of size.
 *
 * Does not use AbortSignal.any with AbortSignal.timeout: in Node the combined signal may be garbage-collected before it fires
 * (nodejs/node#57736), and a gateway that hangs would then hang the desk. A timer of its own cannot be lost.
 */

/** Thrown by `withinDeadline`; `reason` says whether the time ran out or the caller stopped it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly reason: 'time-out' | 'stopped';

  constructor(reason: 'time-out' | 'stopped') {
    super(reason);
    this.reason = reason;
  }

  /** One sentence for `why`. */
  get sentence(): string {
    return this.reason === 'time-out' ? 'no answer in time' : 'interrupted before an answer came';
  }
}

/**
 * The result of `work`, which receives a signal to pass on. Rejects with Interrupted when `milliseconds` are over or
 * `outer` fires, even if the work ignores its signal.
 */
export async function withinDeadline<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (outer?.aborted) throw new Interrupted('stopped');
  const controller = new AbortController();
  let interrupt: (error: Interrupted) => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = (error) => {
      // Reject before the abort: the abort makes `work` fail too, and the race must report this error.
      reject(error);
      controller.abort(error);
    };
  });
  const stop = () => interrupt(new Interrupted('stopped'));
  const timer = setTimeout(() => interrupt(new Interrupted('time-out')), milliseconds);
  outer?.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([interrupted, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}

/** Bytes of an answer. Once there are `most` or more, the rest is not read, and the connection is closed. */
export async function readUpTo({ body }: Response, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    size += part.byteLength;
    if (size >= most) break;
  }
  return Buffer.concat(parts);
}
