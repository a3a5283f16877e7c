/**
 * The only list of connectors, and the settings that choose among them. A new kind is one file in this room and one line in KINDS.
 *
 *   [connectors.NAME]  kind, url, tokenFile | tokenCommand, gate, gateMinutes, allowPrivate, rate    realm (keycloak), authenticator (okta)
 *                      kind = "command"  command, gate, gateMinutes, rate
 */
import { Section } from '../delivery/section.js';
import { Refusal } from '../errors.js';
import { type Kind, type KindSettings, type Opened, persist } from './answers.js';
import { command } from './command.js';
import { CONNECTOR_KINDS, type Connector, type ConnectorEffects, type Connectors, Trouble } from './connector.js';
import { entra } from './entra.js';
import { keycloak } from './keycloak.js';
import { lemonldap } from './lemonldap.js';
import { okta } from './okta.js';
import { Pace } from './pace.js';
import { resetPerson } from './reset-person.js';
import { openToken, type Wire } from './vendor-http.js';

const KINDS: Readonly<Record<KindSettings['kind'], Kind>> = { lemonldap, keycloak, okta, entra, command };

/** Okta's and Entra's bounds of a temporary code, in minutes, up to what a desk would wait for. */
const MINUTES = { min: 10, max: 1_440, otherwise: 60 };

/** `tables`: what stands under `connectors` in the config file. Reads neither disk nor network. */
export function openConnectors(tables: unknown, effects: ConnectorEffects): Omit<Connectors, 'names'> {
  const all: Readonly<Record<string, unknown>> = Object(tables);
  /** A whole run keeps one rate and one token. */
  const kept = new Map<string, Pick<Wire, 'pace' | 'token'>>();
  const settingsOf = (name: string): KindSettings => {
    if (Object.hasOwn(all, name)) return readSettings(name, all[name]);
    throw new Refusal('config', `the config file has no table [connectors.${name}]`, {
      hint: `There are: ${Object.keys(all).join(', ') || 'none'}. To set one up: countersign help connectors`,
    });
  };
  const pick = (name: string, signal?: AbortSignal): Connector => {
    const settings = settingsOf(name);
    const { kind, rate, token } = settings;
    const own = kept.get(name) ?? { pace: new Pace(effects, rate), token: token && openToken(token, effects) };
    kept.set(name, own);
    return { name, kind, ...whole(KINDS[kind].open(settings, { effects, signal, ...own })) };
  };
  return {
    settings: async (name) => settingsOf(name),
    pick: async (name, signal) => pick(name, signal),
    reset: async (name, person, steps = {}) =>
      resetPerson(pick(name, steps.signal), settingsOf(name).gate, person, steps),
  };
}

/** What may be done twice is done until an answer comes; and what a kind does not bring, its system cannot do. */
function whole({ permissions, endSessions, gate, lift, ...opened }: Opened): Omit<Connector, 'name' | 'kind'> {
  return {
    ...opened,
    endSessions: (id) => persist(async () => (await endSessions?.(id)) ?? 'not-possible'),
    lift: (id) => persist(async () => lift?.(id)),
    gate: async (id, policy) => {
      if (gate === undefined) throw new Trouble('gate-not-possible');
      return persist(() => gate(id, policy));
    },
    check: () =>
      permissions().then(
        (found) => ({ reachable: true, why: null, ...found }),
        (error: unknown) => {
          if (!(error instanceof Trouble)) throw error;
          // A system that says no can be reached.
          return { reachable: error.isNo, why: error.why, missing: [], tooMany: [], notes: [] };
        },
      ),
  };
}

function readSettings(name: string, table: unknown): KindSettings {
  const section = new Section(`connectors.${name}`, table);
  // Ids at the system are written NAME:ID.
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name)) section.fault('', 'must have a name of small letters, digits, - and _');
  const kind = section.oneOf('kind', CONNECTOR_KINDS, 'command');
  if (!section.has('kind')) section.fault('kind', 'is missing');
  const minutes = section.integer('gateMinutes', MINUTES.min, MINUTES.max, MINUTES.otherwise);
  const settings: KindSettings = {
    name,
    kind,
    gate: { kind: section.oneOf('gate', KINDS[kind].gates, 'none'), minutes },
    rate: section.integer('rate', 0, 60_000, 0),
    ...(kind === 'command'
      ? { place: section.text('command'), token: null, allowPrivate: false }
      : ofVendor(section, kind)),
    realm: kind === 'keycloak' ? section.text('realm') : '',
    authenticator: kind === 'okta' ? (section.optionalText('authenticator') ?? '') : '',
  };
  if (kind === 'okta' && settings.gate.kind === 'temporary-code' && settings.authenticator === '')
    section.fault('authenticator', 'is missing: temporary codes need the id of their authenticator');
  const problems = section.finish();
  if (problems.length === 0) return settings;
  const hint = 'Correct the config file, then: countersign connector list';
  throw new Refusal('config', 'the settings of a connector are not valid', { problems, hint });
}

function ofVendor(section: Section, kind: KindSettings['kind']) {
  const allowPrivate = section.flag('allowPrivate', false);
  const plainHttp = allowPrivate ? 'anywhere' : 'never';
  const otherwise = kind === 'entra' ? { default: 'https://graph.microsoft.com' } : {};
  const place = section.webAddress('url', { plainHttp, ...otherwise });
  const isRoot = kind === 'okta' || kind === 'entra' ? /^[^/]*\/\/[^/?#]*\/?$/ : /^[^?#]*$/;
  if (!isRoot.test(place || '//')) section.fault('url', 'must be the root of the system, without a path of its API');
  const file = section.optionalText('tokenFile');
  const line = section.optionalText('tokenCommand');
  if (file !== null && line !== null) section.fault('tokenCommand', 'cannot stand beside tokenFile');
  // The manager API of LemonLDAP::NG asks for none itself.
  if (file === null && line === null && kind !== 'lemonldap') section.fault('tokenFile', 'or tokenCommand is missing');
  return { place, allowPrivate, token: file !== null ? { file } : line !== null ? { command: line } : null };
}
