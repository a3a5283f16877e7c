/** B93: 200 people over a network that loses, repeats and spoils 40 % of the calls: every claim is what stands there. */
import { describe, expect, it } from 'vitest';
import type { Earlier, ResetOutcome } from '../../src/connectors/connector.js';
import { contractServer, hasContract } from '../support/contract-server.mjs';
import { FAULTS, faultProxy } from '../support/fault-proxy.mjs';
import { connectorsAt, person, TOKEN, testEffects } from './places.js';

const PEOPLE = 200;
const AT_ONCE = 8;
const FINAL = ['reset', 'nothing'];

const TYPES = { keycloak: ['otp', 'webauthn'], entra: ['phone', 'fido2'], okta: ['push', 'sms'] } as const;

describe.each(['keycloak', 'entra', 'okta'] as const)('%s', (kind) => {
  const seed = 20_260_000 + kind.length;
  it.runIf(hasContract(kind))(
    `B93: 16 faults, seed ${seed}: claims are the truth, and retries come to an end`,
    async () => {
      const names = Array.from({ length: PEOPLE }, (_, n) => `u${n}`);
      const people = Object.fromEntries(
        names.map((name) => [name, { factors: TYPES[kind].map((type) => ({ type })) }]),
      );
      const server = await contractServer({ kind, people, token: TOKEN, realm: 'desk' });
      const kinds = Object.keys(FAULTS).filter((fault) => fault !== 'pass');
      expect(kinds).toHaveLength(16);
      const small = kinds.map((fault) => (fault === 'huge' ? 'huge:2' : fault));
      const proxy = await faultProxy({ target: new URL(server.url).origin, seed, rate: 0.4, kinds: small });
      const gate = kind === 'keycloak' ? 'link' : 'suspend';
      const connectors = connectorsAt(kind, { url: proxy.url, gate, effects: testEffects({ timeoutMs: 200 }) });
      const said: Record<string, number> = {};
      const lies: string[] = [];

      const one = async (name: string): Promise<ResetOutcome> => {
        let earlier: Earlier | undefined;
        for (let tries = 1; ; tries += 1) {
          const outcome = await connectors.reset('x', person(kind === 'okta' ? `${name}@example.test` : name), {
            ...(earlier === undefined ? {} : { earlier }),
            before: async (seen) => {
              earlier = { ...seen, gated: false };
            },
          });
          said[outcome.state] = (said[outcome.state] ?? 0) + 1;
          const left = server.people[name]?.factors.length ?? -1;
          if (outcome.state === 'reset' && left !== 0) lies.push(name);
          if (FINAL.includes(outcome.state) || tries === 100) return outcome;
        }
      };
      const outcomes = new Map<string, ResetOutcome>();
      const open = [...names];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let name = open.shift(); name !== undefined; name = open.shift()) outcomes.set(name, await one(name));
        }),
      );

      expect(lies).toEqual([]);
      for (const name of names) {
        expect(outcomes.get(name)).toMatchObject({ state: 'reset', removed: TYPES[kind], left: [] });
        expect(server.people[name]?.factors).toEqual([]);
        expect(server.people[name]?.sessions).toBe(0);
      }
      const fired = proxy.summary();
      for (const fault of kinds) expect(fired[fault], fault).toBeGreaterThan(0);
      expect(server.violations()).toEqual([]);
      await proxy.stop();
      await server.stop();
    },
    180_000,
  );
});
