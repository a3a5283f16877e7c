/** B78, T14, T15: an authority exists only inside the transaction that acts; what cheats must not compile, or fails when it runs. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../src/desk.js';
import { type Acting, type Authorised, act, askAuthority } from '../../src/procedures/authorise.js';
import { engines, type TestDesk, testDesk } from '../support/test-desk.js';

const FREEZING = { permission: 'mfa:freeze' } as const;
const noted = (_done: unknown, by: Authorised<'mfa:freeze'>) =>
  ({ kind: 'mfa.frozen', outcome: 'done', at: 1, by: by.actor }) as const;

/** A step that something depends on; what it is handed is the proof. */
async function guarded({ by }: Acting<'mfa:freeze'>): Promise<string> {
  return by.operator.name;
}

describe.each(engines)('authority on %s', (engine) => {
  let place: TestDesk;
  let lead: SignedOperator;
  beforeEach(async () => {
    place = await testDesk(engine);
    lead = await place.operator('lead');
  });
  afterEach(() => place.close());

  const denials = async () => (await place.desk.store.read.audit.newest({ kind: 'operator.denied' }, 10)).length;

  it('a change, its entry and the proof are one transaction: a denial writes neither, and is logged once', async () => {
    let changed = false;
    const agent = await place.operator('agent');
    const change = async () => {
      changed = true;
    };
    await expect(act(place.desk, agent, FREEZING, { entry: noted, change })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect([changed, await denials()]).toEqual([false, 1]);
    expect(await place.desk.store.read.audit.newest({ kind: 'mfa.frozen' }, 1)).toEqual([]);
    await expect(askAuthority(place.desk, agent, FREEZING)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await denials()).toBe(2);
  });

  it('a forbidden that the change itself answers is no denial by the lock', async () => {
    const change = () => Promise.reject(Object.assign(new Error('not this one'), { code: 'forbidden' }));
    await expect(act(place.desk, lead, FREEZING, { entry: noted, change })).rejects.toThrow('not this one');
    expect(await denials()).toBe(0);
  });

  it('kept beyond its transaction it opens nothing', async () => {
    const kept: Acting<'mfa:freeze'>[] = [];
    await act(place.desk, lead, FREEZING, {
      entry: noted,
      change: async (acting) => {
        kept.push(acting);
        return guarded(acting);
      },
    });
    const [acting] = kept;
    if (acting === undefined) throw new Error('nothing was kept');
    expect(() => acting.by.actor).toThrow(/outside the transaction/);
    expect(() => acting.by.operator).toThrow(/outside the transaction/);
    await expect(guarded(acting)).rejects.toThrow(/outside the transaction/);
  });

  it('what is not an authority does not compile', async () => {
    const signed = lead;
    const tries = async (acting: Acting<'mfa:freeze'>, other: Acting<'verify'>) => {
      // @ts-expect-error a claim is no authority
      await guarded({ ...acting, by: signed });
      // @ts-expect-error another permission is another lock
      await guarded(other);
      // @ts-expect-error a copy of the fields is none
      await guarded({ ...acting, by: { ...acting.by } });
      // @ts-expect-error a literal is none
      await guarded({ ...acting, by: { permission: 'mfa:freeze', operator: signed.operator, actor: signed.actor } });
    };
    expect(tries).toBeTypeOf('function');
  });
});
