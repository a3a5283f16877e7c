import { describe, expect, it } from 'vitest';

import { Interrupted, withinDeadline } from '../../src/delivery/deadline.js';

const never = () => new Promise<never>(() => undefined);

describe('an attempt under a time limit', () => {
  it('gives the result of work that is done in time', async () => {
    expect(await withinDeadline(1_000, undefined, async () => 7)).toBe(7);
  });

  it('ends work that hangs, even where it ignores its signal', async () => {
    await expect(withinDeadline(5, undefined, never)).rejects.toMatchObject({
      name: 'Interrupted',
      reason: 'time-out',
    });
  });

  it('reports the time-out, not the failure that the abort caused in the work', async () => {
    const work = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('closed'))));
    await expect(withinDeadline(5, undefined, work)).rejects.toBeInstanceOf(Interrupted);
  });

  it('ends early when the caller stops, and does not begin when the caller has stopped', async () => {
    const controller = new AbortController();
    const running = withinDeadline(60_000, controller.signal, never);
    controller.abort();
    await expect(running).rejects.toMatchObject({ reason: 'stopped' });
    let begun = false;
    const late = withinDeadline(60_000, controller.signal, async () => {
      begun = true;
    });
    await expect(late).rejects.toMatchObject({ reason: 'stopped' });
    expect(begun).toBe(false);
  });

  it('leaves no listener behind on the caller’s signal', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
    await withinDeadline(1_000, signal, async () => 1);
    await withinDeadline(1_000, signal, async () => Promise.reject(new Error('x'))).catch(() => undefined);
    expect(listeners).toBe(0);
  });
});
