/** B93: every kind keeps the contract, against a server that refuses what the vendor's document does not know. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connector, Gate, ResetOutcome } from '../../src/connectors/connector.js';
import { resetPerson } from '../../src/connectors/reset-person.js';
import { type ContractServer, contractServer, hasContract, type ServerPerson } from '../support/contract-server.mjs';
import { connectorsAt, person, rootOf, TOKEN, testEffects } from './places.js';

type Vendor = 'okta' | 'entra' | 'keycloak';

interface Kind {
  readonly factors: readonly string[];
  readonly gates: readonly Gate[];
  /** The login of ana. */
  readonly login: string;
}

const KINDS: Readonly<Record<Vendor, Kind>> = {
  okta: { factors: ['push', 'sms', 'webauthn'], gates: ['temporary-code', 'suspend'], login: 'ana@example.test' },
  entra: { factors: ['phone', 'softwareOath', 'fido2'], gates: ['temporary-code', 'suspend'], login: 'ana' },
  keycloak: { factors: ['otp', 'webauthn'], gates: ['link'], login: 'ana' },
};

const peopleOf = (factors: readonly string[]): Record<string, ServerPerson> => ({
  ana: { factors: factors.map((type) => ({ type })), devices: 2 },
  joanna: { factors: factors.map((type) => ({ type })) },
  bare: { factors: [] },
  twin1: { email: 'twin@example.test' },
  twin2: { email: 'twin@example.test' },
});

describe.each(Object.keys(KINDS) as Vendor[])('%s', (kind) => {
  const { factors, gates, login } = KINDS[kind];
  const runs = hasContract(kind);
  let server: ContractServer;
  const reset = (
    who: ReturnType<typeof person>,
    gate: Gate = 'none',
    steps: Parameters<ReturnType<typeof connectorsAt>['reset']>[2] = {},
  ): Promise<ResetOutcome> => connectorsAt(kind, { url: rootOf(server.url), gate }).reset('x', who, steps);

  beforeEach(async () => {
    if (runs) server = await contractServer({ kind, people: peopleOf(factors), token: TOKEN, realm: 'desk' });
  });
  afterEach(async () => {
    if (!runs) return;
    // The server's own answer with a kind that its document does not know is meant so.
    expect(server.violations().filter(({ why }) => !why.includes('palmReader'))).toEqual([]);
    await server.stop();
  });

  it.runIf(runs)('B93: resets one person and nobody else, and reads it back', async () => {
    const outcome = await reset(person(login));
    expect(outcome).toMatchObject({ state: 'reset', left: [], id: 'id-ana', sessions: 'ended' });
    expect([...outcome.removed].sort()).toEqual([...factors].sort());
    expect(server.people['ana']?.factors).toEqual([]);
    expect(server.people['ana']?.sessions).toBe(0);
    expect(server.people['joanna']?.factors).toHaveLength(factors.length);
    if (kind === 'okta') expect(server.people['ana']?.devices).toBe(0);
  });

  it.runIf(runs)('B93: a second reset has nothing to do and writes nothing', async () => {
    await reset(person(login));
    server.forget();
    expect(await reset(person(login), gates[0])).toMatchObject({ state: 'nothing', removed: [], gate: null });
    expect(server.calls().filter(({ verb }) => verb !== 'get')).toEqual([]);
  });

  it.runIf(runs)('B93: nobody is unknown, two are ambiguous, a part of a name is nobody', async () => {
    expect(await reset(person('nobody'))).toMatchObject({ state: 'unknown', id: null });
    expect(await reset(person(`${login}x`))).toMatchObject({ state: 'unknown' });
    expect(await reset(person('jo'))).toMatchObject({ state: 'unknown' });
    if (kind !== 'okta')
      expect(await reset(person('x', { email: 'twin@example.test' }))).toMatchObject({ state: 'ambiguous' });
    // KELVIN SIGN, which JavaScript folds to a k.
    expect(await reset(person('\u212Aana'))).toMatchObject({ state: 'unknown' });
  });

  it.runIf(runs)('B93: an external id counts alone, also beside a login that somebody else has', async () => {
    expect(await reset(person('joanna', { external: 'id-bare' }))).toMatchObject({ state: 'nothing', id: 'id-bare' });
    expect(await reset(person(login, { external: 'gone' }))).toMatchObject({ state: 'unknown' });
    expect(await reset(person(login, { external: '..' }))).toMatchObject({ state: 'unknown' });
  });

  it.runIf(runs)('B93: an e-mail that one person has finds them where the login does not', async () => {
    const found = await reset(
      person('old-login', { email: kind === 'okta' ? 'ana@example.test' : 'Ana@Example.test' }),
    );
    expect(found).toMatchObject({ state: 'reset', id: 'id-ana' });
  });

  it.runIf(runs)('B93: the gate stands before the first factor goes', async () => {
    for (const gate of gates) {
      const name = gate === gates[0] ? 'ana' : 'joanna';
      const seen: unknown[] = [];
      const outcome = await reset(person(kind === 'okta' ? `${name}@example.test` : name), gate, {
        before: async ({ kinds }, there) => {
          seen.push(['before', kinds.length, server.people[name]?.factors?.length]);
          // Whose it is there: so a look can tell that somebody else is meant.
          expect(there).toMatchObject({
            login: kind === 'okta' ? `${name}@example.test` : name,
            email: `${name}@example.test`,
          });
        },
        gated: async (stands) => {
          seen.push(['gated', stands.kind, stands.code !== null]);
          const left = server.people[name]?.factors.filter(({ type }) => type !== 'temporaryAccessPass');
          expect(left).toHaveLength(factors.length);
        },
      });
      expect(outcome).toMatchObject({ state: 'reset', gate: { kind: gate, lift: gate === 'suspend' } });
      expect(seen).toEqual([
        ['before', factors.length, factors.length],
        ['gated', gate, gate === 'temporary-code'],
      ]);
    }
  });

  it.runIf(runs && gates.includes('suspend'))('B93: who is kept out is let in again, also twice', async () => {
    await reset(person(login), 'suspend');
    const out = () => (kind === 'okta' ? server.people['ana']?.status === 'SUSPENDED' : !server.people['ana']?.enabled);
    expect(out()).toBe(true);
    const connector = await connectorsAt(kind, { url: rootOf(server.url) }).pick('x');
    await connector.lift('id-ana');
    await connector.lift('id-ana');
    expect(out()).toBe(false);
  });

  it.runIf(runs && gates.includes('suspend'))('B93: who was suspended before is not let in by us', async () => {
    const ana = server.people['ana'];
    if (ana !== undefined) Object.assign(ana, { status: 'SUSPENDED', enabled: false });
    expect(await reset(person(login), 'suspend')).toMatchObject({ state: 'reset', gate: { lift: false } });
  });

  it.runIf(runs && gates.includes('suspend'))(
    'B93: where the gate was taken out of the settings between two tries, factors go only once that is known',
    async () => {
      const earlier = { id: 'id-ana', kinds: factors, suspended: false, gated: false, behind: 'suspend' };
      const stopped = reset(person(login), 'none', { earlier, gated: () => Promise.reject(new Error('undone')) });
      await expect(stopped).rejects.toThrow('undone');
      expect(server.people['ana']?.factors).toHaveLength(factors.length);
      const done = await reset(person(login), 'none', { earlier });
      expect(done).toMatchObject({ state: 'reset', gate: { kind: 'none', lift: true } });
    },
  );

  it.runIf(runs)('B93: an unknown kind of factor is named; if it stays, the reset is partial', async () => {
    const ana = server.people['ana'];
    if (ana !== undefined) ana.factors = [...ana.factors, { id: 'u1', type: 'palmReader', sticky: true }];
    const outcome = await reset(person(login));
    expect(outcome).toMatchObject({ state: 'partial', left: ['palmReader'], sessions: 'ended' });
    expect(outcome.removed).toHaveLength(factors.length);
  });

  it.runIf(runs)(
    'B93: a killed attempt is taken up: the gate again if nobody has its code, then the rest',
    async () => {
      let id = '';
      const steps = {
        before: async (seen: { readonly id: string }) => {
          id = seen.id;
        },
        gated: () => Promise.reject(new Error('killed')),
      };
      await expect(reset(person(login), gates[0], steps)).rejects.toThrow('killed');
      const earlier = { id, kinds: factors, suspended: false, gated: false };
      const again = await reset(person(login), gates[0], { earlier });
      expect(again).toMatchObject({ state: 'reset', removed: factors, gate: { kind: gates[0] } });
      // Killed after the last factor, before the sessions: what was intended is claimed, not "nothing".
      const last = await reset(person(login), gates[0], { earlier: { ...earlier, gated: true } });
      expect(last).toMatchObject({ state: 'reset', removed: factors, left: [], sessions: 'ended' });
    },
  );
});

describe('entra', () => {
  it('B93: the default method goes last, whichever it is', async () => {
    const factors = [{ type: 'phone', default: true }, { type: 'softwareOath' }, { type: 'fido2' }];
    const server = await contractServer({ kind: 'entra', people: { ana: { factors } }, token: TOKEN });
    const outcome = await connectorsAt('entra', { url: rootOf(server.url) }).reset('x', person('ana'));
    expect(outcome).toMatchObject({ state: 'reset', left: [] });
    expect(server.violations()).toEqual([]);
    await server.stop();
  });

  it('B93: what was removed and stands in the list for some seconds more is looked at again', async () => {
    const factors = [{ type: 'phone' }, { type: 'fido2' }];
    const server = await contractServer({ kind: 'entra', people: { ana: { factors } }, token: TOKEN });
    const lists: string[] = [];
    const wire = (async (url: string, init: RequestInit) => {
      const answer = await fetch(url, init);
      if (!url.endsWith('/methods')) return answer;
      lists.push(await answer.text());
      const late = lists.length < 4 ? lists[0] : lists.at(-1);
      return new Response(late, { status: 200, headers: { 'content-type': 'application/json' } });
    }) as typeof fetch;
    const connectors = connectorsAt('entra', { url: rootOf(server.url), effects: testEffects({ fetch: wire }) });
    const outcome = await connectors.reset('x', person('ana'));
    expect(outcome).toMatchObject({ state: 'reset', removed: ['phone', 'fido2'], left: [] });
    await server.stop();
  });

  it("B93: a name with a quote is one name (O'Brien)", async () => {
    const server = await contractServer({ kind: 'entra', people: { "o'brien": { factors: [] } }, token: TOKEN });
    const connectors = connectorsAt('entra', { url: rootOf(server.url) });
    expect(await connectors.reset('x', person("o'brien"))).toMatchObject({ state: 'nothing' });
    expect(await connectors.reset('x', person("' or accountEnabled eq 'true"))).toMatchObject({ state: 'unknown' });
    expect(server.violations()).toEqual([]);
    await server.stop();
  });
});

describe('keycloak', () => {
  let server: ContractServer;
  beforeAll(async () => {
    const many = Array.from({ length: 250 }, (_, n) => [`a${n}ana`, { factors: [] }] as const);
    const people = Object.fromEntries([...many, ['ana', { factors: [{ type: 'otp' }] }] as const]);
    server = await contractServer({ kind: 'keycloak', people, token: TOKEN, realm: 'desk' });
  });
  afterAll(() => server.stop());

  it('B93: is read to its end where a hundred names contain the login', async () => {
    const outcome = await connectorsAt('keycloak', { url: rootOf(server.url) }).reset('x', person('ana'));
    expect(outcome).toMatchObject({ state: 'reset', removed: ['otp'], id: 'id-ana' });
  });
});

/** What a whole reset of ana must have done, in this order; throws where a connector does otherwise. */
async function keepsContract(kind: Vendor, change: (connector: Connector) => Connector, wire?: typeof fetch) {
  const { factors, gates, login } = KINDS[kind];
  const server = await contractServer({ kind, people: peopleOf(factors), token: TOKEN, realm: 'desk' });
  const ana = () => server.people['ana'];
  try {
    const effects = testEffects(wire === undefined ? {} : { fetch: wire });
    const connector = await connectorsAt(kind, { url: rootOf(server.url), effects }).pick('x');
    const kept = () => ana()?.factors.filter(({ type }) => type !== 'temporaryAccessPass').length;
    const outcome = await resetPerson(change(connector), { kind: gates[0] ?? 'none', minutes: 60 }, person(login), {
      gated: async () => expect(kept()).toBe(factors.length),
    });
    expect(server.violations()).toEqual([]);
    expect(outcome.state).toBe('reset');
    expect(kept()).toBe(0);
    expect(ana()?.sessions).toBe(0);
    if (kind === 'okta') expect(ana()?.devices).toBe(0);
  } finally {
    await server.stop();
  }
}

describe('teeth: a connector that was written wrong does not pass', () => {
  const same = (connector: Connector) => connector;
  /** The wire with one call changed, as if the connector had been written that way. */
  const wired = (change: (url: string, init: RequestInit) => readonly [string, RequestInit]) =>
    ((url: string, init: RequestInit) => fetch(...change(url, init))) as typeof fetch;
  const verbs: Readonly<Record<string, string>> = { DELETE: 'POST', POST: 'PUT', PUT: 'POST' };
  const here = (Object.keys(KINDS) as Vendor[]).filter(hasContract);

  it.each(here)('B93: %s: the right one passes', (kind) => keepsContract(kind, same));

  it.each(here)('B93: %s: a wrong verb', async (kind) => {
    const wire = wired((url, init) => [url, { ...init, method: verbs[init.method ?? ''] ?? 'GET' }]);
    await expect(keepsContract(kind, same, wire)).rejects.toThrow();
  });

  it.each(here)('B93: %s: factors before the gate', async (kind) => {
    const hasty = (connector: Connector): Connector => ({
      ...connector,
      gate: async (id, policy) => {
        await connector.reset(id, await connector.factors(id));
        return connector.gate(id, policy);
      },
    });
    await expect(keepsContract(kind, hasty)).rejects.toThrow();
  });

  it.runIf(here.includes('okta'))('B93: okta: forgetDevices is not said', async () => {
    const wire = wired((url, init) => [url.replace('&forgetDevices=true', ''), init]);
    await expect(keepsContract('okta', same, wire)).rejects.toThrow();
  });
});
