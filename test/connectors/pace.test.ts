/** B93: a bulk run uses what a vendor allows, and stays below it. The clock moves only by pauses and calls, so nothing waits. */
import { describe, expect, it } from 'vitest';
import type { ConnectorKind } from '../../src/connectors/connector.js';
import { connectorsAt, person, testEffects } from './places.js';

const MINUTE = 60_000;
const START = 1_800_000_000_000;

/** A vendor with a limit per minute, and a clock that all share: each call takes 4 ms of it. */
function limitedVendor(
  kind: 'okta' | 'entra',
  limit: number,
  own: { readonly behindMs?: number; readonly others?: number },
) {
  let now = START;
  const windows = new Map<number, number>();
  const gone = new Set<string>();
  let refused = 0;
  const answerOf = (method: string, path: string): unknown => {
    const id =
      path.split('/').find((part) => /^u\d+$/.test(part)) ?? /'(u\d+)'/.exec(decodeURIComponent(path))?.[1] ?? '';
    const user = { id, status: 'ACTIVE', profile: { login: id }, userPrincipalName: id };
    if (method !== 'GET') {
      if (/reset_factors|Methods/.test(path)) gone.add(id);
      return {};
    }
    if (/factors$/.test(path)) return gone.has(id) ? [] : [{ id: 'f', factorType: 'push' }];
    const phone = { id: 'f', '@odata.type': '#microsoft.graph.phoneAuthenticationMethod' };
    if (/methods$/.test(path)) return { value: gone.has(id) ? [] : [phone] };
    return kind === 'okta' ? user : { value: [user] };
  };
  const wire = (async (url: string, init: RequestInit) => {
    now += 4;
    const server = now - (own.behindMs ?? 0);
    const at = Math.floor(server / MINUTE);
    const used = (windows.get(at) ?? own.others ?? 0) + 1;
    windows.set(at, used);
    const over = used > limit;
    if (over) refused += 1;
    const reset = (at + 1) * MINUTE;
    const headers = new Headers({ 'content-type': 'application/json', date: new Date(server).toUTCString() });
    if (kind === 'okta') {
      headers.set('x-rate-limit-limit', String(limit));
      headers.set('x-rate-limit-remaining', String(Math.max(0, limit - used)));
      headers.set('x-rate-limit-reset', String(reset / 1_000));
    } else if (over) headers.set('retry-after', String(Math.ceil((reset - server) / 1_000)));
    const body = over ? {} : answerOf(init.method ?? 'GET', url.replace(/\?\$select.*/, ''));
    return new Response(JSON.stringify(body), { status: over ? 429 : 200, headers });
  }) as typeof fetch;
  const effects = testEffects({
    fetch: wire,
    resolveHost: async () => ['127.0.0.1'],
    now: () => now,
    pause: async (ms) => {
      const until = now + ms;
      await Promise.resolve();
      now = Math.max(now, until);
    },
  });
  return { effects, windows, refused: () => refused };
}

async function resetMany(kind: ConnectorKind, vendor: ReturnType<typeof limitedVendor>, table: object, people: number) {
  const connectors = connectorsAt(kind, { url: 'https://x.example', effects: vendor.effects, table });
  const open = Array.from({ length: people }, (_, n) => `u${n}`);
  const states = new Set<string>();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let name = open.shift(); name !== undefined; name = open.shift())
        states.add((await connectors.reset('x', person(name))).state);
    }),
  );
  expect([...states]).toEqual(['reset']);
}

/** The share of the limit that was used in the windows between the first and the last. */
function usedShare(windows: ReadonlyMap<number, number>, limit: number): number {
  const whole = [...windows.values()].slice(1, -1);
  expect(whole.length).toBeGreaterThanOrEqual(3);
  return whole.reduce((sum, used) => sum + Math.min(used, limit), 0) / (whole.length * limit);
}

describe('B93: rate', () => {
  it.each([
    ['a right clock', {}],
    ['a clock that is 40 s ahead of the vendor', { behindMs: 40_000 }],
    ['a clock that is 40 s behind the vendor', { behindMs: -40_000 }],
  ])('by headers: at least 95 %% of 600 a minute, at most one 429, with %s', async (_, own) => {
    const vendor = limitedVendor('okta', 600, own);
    await resetMany('okta', vendor, {}, 600);
    expect(vendor.refused()).toBeLessThanOrEqual(1);
    expect(usedShare(vendor.windows, 600)).toBeGreaterThanOrEqual(0.95);
  });

  it('by the setting, where a vendor states a limit and no headers', async () => {
    const vendor = limitedVendor('entra', 600, {});
    await resetMany('entra', vendor, { rate: 600 }, 600);
    expect(vendor.refused()).toBeLessThanOrEqual(1);
    expect(usedShare(vendor.windows, 600)).toBeGreaterThanOrEqual(0.95);
  });

  it('teeth: without the setting the same vendor says 429 again and again', async () => {
    const vendor = limitedVendor('entra', 600, {});
    await resetMany('entra', vendor, {}, 600);
    expect(vendor.refused()).toBeGreaterThan(1);
  });

  it.each([
    ['seconds', () => '7', 7_000],
    ['a date', (now: number) => new Date(now + 9_999).toUTCString(), 9_000],
  ])('Retry-After in %s is honoured', async (_, after, least) => {
    let now = START;
    const times: number[] = [];
    const effects = testEffects({
      now: () => now,
      pause: async (ms) => {
        now += ms;
      },
      resolveHost: async () => ['127.0.0.1'],
      fetch: (async () => {
        times.push(now);
        const headers = { 'content-type': 'application/json', 'retry-after': after(now) };
        return new Response('[]', { status: times.length === 1 ? 429 : 200, headers });
      }) as typeof fetch,
    });
    const connector = await connectorsAt('lemonldap', { url: 'https://x.example', effects }).pick('x');
    expect(await connector.factors('ana')).toEqual([]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(least);
  });

  it('who would have to wait for an hour is told, and nothing waits', async () => {
    const effects = testEffects({
      resolveHost: async () => ['127.0.0.1'],
      fetch: (async () => new Response('{}', { status: 429, headers: { 'retry-after': '3600' } })) as typeof fetch,
    });
    const connectors = connectorsAt('lemonldap', { url: 'https://x.example', effects });
    expect(await connectors.reset('x', person('ana'))).toMatchObject({ state: 'unreachable', why: 'rate-limited' });
    expect(effects.passed()).toBeLessThan(10_000);
  });
});
