/** Connectors over loopback servers, with a pause and a clock that cost no time. */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import type { Connector, ConnectorEffects, ConnectorKind, Gate, Person } from '../../src/connectors/connector.js';
import { openConnectors } from '../../src/connectors/registry.js';
import { runCommand } from '../../src/opening/open-connectors.js';

export const TOKEN = 'tok-CANARY-4711';

export interface TestEffects extends ConnectorEffects {
  /** The machine's clock, with all pauses in it. */
  passed(): number;
}

/** A token file holds TOKEN, whatever its path; a pause moves the clock, and nobody waits. */
export function testEffects(own: Partial<ConnectorEffects> = {}): TestEffects {
  let passed = 0;
  return {
    fetch,
    resolveHost: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    readFile: async (path) => (path === '/token' ? TOKEN : readFileSync(path, 'utf8')),
    runCommand,
    pause: async (ms) => {
      passed += ms;
    },
    now: () => Date.now() + passed,
    timeoutMs: 2_000,
    passed: () => passed,
    ...own,
  };
}

const OWN: Readonly<Record<ConnectorKind, object>> = {
  lemonldap: {},
  keycloak: { realm: 'desk' },
  okta: { authenticator: 'aut1' },
  entra: {},
  command: {},
};

/** The root of a contract server: what an admin would write as `url`. */
export const rootOf = (url: string): string => new URL(url).origin;

export interface Given {
  readonly url: string;
  readonly gate?: Gate;
  readonly effects?: TestEffects;
  readonly table?: object;
}

/** The `[connectors.x]` table of a kind, at this address. */
export function connectorsAt(kind: ConnectorKind, { url, gate = 'none', effects = testEffects(), table = {} }: Given) {
  const place = kind === 'command' ? { command: url } : { url, tokenFile: '/token', allowPrivate: true };
  return openConnectors({ x: { kind, gate, ...place, ...OWN[kind], ...table } }, effects);
}

export const connectorAt = (kind: ConnectorKind, given: Given): Promise<Connector> =>
  connectorsAt(kind, given).pick('x');

export const person = (login: string, more: Partial<Person> = {}): Person => ({
  login,
  email: null,
  external: null,
  ...more,
});
