/** B93 against a real LemonLDAP::NG (Debian packages; `.ci/run` installs them). Skipped where one is missing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Llng, missingPackages, startLlng } from '../support/llng.mjs';
import { connectorAt, connectorsAt, person, rootOf, testEffects } from './places.js';

describe.runIf(missingPackages().length === 0)('LemonLDAP::NG', () => {
  let llng: Llng;
  const PEOPLE = ['ana', 'bo', 'cy'];
  const connectors = () =>
    connectorsAt('lemonldap', { url: rootOf(llng.api), effects: testEffects({ timeoutMs: 15_000 }) });
  const reset = (login: string, steps = {}) => connectors().reset('x', person(login), steps);
  beforeAll(async () => {
    llng = await startLlng({ people: PEOPLE });
  });
  afterAll(() => llng?.stop());

  it('B93: who enrolled on its own pages is back at its set-up after the reset', async () => {
    const first = await llng.signIn('ana');
    expect(first.where).toBe('set-up');
    await llng.enrol(first.browser, 'phone');
    expect((await llng.signIn('ana')).where).toBe('asks-code');
    const outcome = await reset('ana');
    expect(outcome).toMatchObject({ state: 'reset', removed: ['TOTP'], left: [], id: 'ana' });
    expect((await llng.signIn('ana')).where).toBe('set-up');
    // Its API ends no session, and the outcome says so: the browser of before is still in.
    expect(outcome.sessions).toBe('stay');
    expect((await first.browser.go(llng.portal)).url).not.toMatch(/2fregisters/);
  });

  it('B93: again: nothing, by reading and not by its 200; somebody who never had a factor there is unknown', async () => {
    const known = { ...person('ana'), external: 'ana' };
    expect(await connectors().reset('x', known)).toMatchObject({ state: 'nothing', removed: [] });
    expect(await reset('nobody-here')).toMatchObject({ state: 'unknown', removed: [] });
  });

  it('B93: the login in other capitals removes nothing and does not say that it did', async () => {
    await llng.enrol((await llng.signIn('bo')).browser);
    const outcome = await reset('BO');
    expect(outcome.state).not.toBe('reset');
    expect(outcome.removed).toEqual([]);
    expect(await llng.factors('bo')).toHaveLength(1);
  });

  it('B93: an attempt that was killed after the effect is claimed by the next', async () => {
    await llng.enrol((await llng.signIn('cy')).browser);
    await reset('cy');
    const earlier = { id: 'cy', kinds: ['TOTP'], suspended: false, gated: true };
    expect(await reset('cy', { earlier })).toMatchObject({ state: 'reset', removed: ['TOTP'] });
  });

  it('B93: the check says that its API asks for no token', async () => {
    const connector = await connectorAt('lemonldap', { url: rootOf(llng.api) });
    expect(await connector.check()).toMatchObject({ reachable: true, why: null, notes: ['open-to-all'] });
  });

  it('B93: stopped, it is unreachable', async () => {
    await llng.stop();
    expect(await reset('ana')).toMatchObject({ state: 'unreachable', why: 'unreachable', removed: [] });
  });
});
