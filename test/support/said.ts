/** A refusal as an operator reads it: rules and procedures throw reasons, the terminal has the words. */

import { worded } from '../../src/commands/wording/worded.js';
import { englishAt } from '../../src/commands/wording/words.js';
import { isRefusal, type Refusal } from '../../src/errors.js';

/** The refusal of `work` in words; anything else that is thrown goes on. Waits are counted from `now`, ms. */
export async function refusalOf(work: Promise<unknown>, now = 0): Promise<Refusal> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (isRefusal(error)) return worded(error, 'desk', englishAt(now));
  throw error;
}

export const said = (error: Refusal): Refusal => worded(error, 'desk', englishAt(0));

/** The refusal as it is thrown, with its reason. */
export async function thrownBy(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  );
  if (isRefusal(error)) return error;
  throw error;
}
