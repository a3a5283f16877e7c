/**
 * Two forms of a test that repeats something by chance: `npm test` repeats it often enough to prove the point, `npm run test:long` often enough
 * to meet what is rare. vitest.config.ts says which one runs.
 */
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The mode that vitest was started in; `test` for the whole suite. */
    form: 'test' | 'quick' | 'long';
  }
}

/** How many, in the short and in the long form. */
export const amount = (short: number, long: number): number => (inject('form') === 'long' ? long : short);
