/** For the few steps that must wait, between two looks at the store or to let others write, or begin anew because others have written. */
import { type Refusal, refusal } from '../errors.js';

/** Resolves after the time, or at once when the signal fires; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted === true) end();
    else signal?.addEventListener('abort', end);
  });
}

/** Lets the process hear of a signal, which it never does while SQLite works. Refusal `cancelled` if it has fired. */
export async function hear(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted === true) throw refusal('cancelled', 'interrupted', {});
}

/** Something changed between looking and acting: nothing of the transaction counts. It never leaves the procedures. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** Undefined if somebody else came in between. */
export async function unlessOvertaken<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Overtaken) return undefined;
    throw error;
  }
}

const nothingReset = (): Refusal => refusal('busy', 'overtaken', {}, 'nothing-reset');

/** Looks again until nobody else comes in between, and gives up after so many tries: each means that somebody wrote about the same. */
export async function untilNotOvertaken<T extends object | null>(
  attempt: (round: number) => Promise<T>,
  { tries, busy }: { readonly tries: number; readonly busy: () => Refusal } = { tries: 20, busy: nothingReset },
): Promise<T> {
  for (let round = 1; round <= tries; round += 1) {
    const done = await unlessOvertaken(() => attempt(round));
    if (done !== undefined) return done;
  }
  throw busy();
}
