/**
 * The only list of connectors, and the settings that choose among them. A new kind is one file in this room and one line in KINDS.
 *
 *   [connectors.NAME]  kind, url, tokenFile | tokenCommand, gate, gateMinutes, allowPrivate, rate    realm (keycloak), authenticator (okta)
 *                      kind = "command"  command, gate, gateMinutes, rate
 */
import { Section } from '../delivery/section.js';
import { type Problem, Refusal } from '../errors.js';
import { command } from './command.js';
import {
  CONNECTOR_KINDS,
  type Connector,
  type ConnectorEffects,
  type ConnectorKind,
  type Connectors,
  Trouble,
} from './connector.js';
import { entra } from './entra.js';
import { keycloak } from './keycloak.js';
import { lemonldap } from './lemonldap.js';
import { okta } from './okta.js';
import type { Kind, KindSettings, Opened } from './open-kind.js';
import { Pace } from './pace.js';
import { resetPerson } from './reset-person.js';

const KINDS: Readonly<Record<ConnectorKind, Kind>> = {
  lemonldap,
  keycloak,
  okta,
  entra,
  command,
};

/** Okta's and Entra's bounds of a temporary code, in minutes, up to what a desk would wait for. */
const MINUTES = { min: 10, max: 1_440, otherwise: 60 };

/** `tables`: what stands under `connectors` in the config file. Reads neither disk nor network. */
export function openConnectors(tables: unknown, effects: ConnectorEffects): Omit<Connectors, 'names'> {
  const all = typeof tables === 'object' && tables !== null ? (tables as Record<string, unknown>) : {};
  const paces = new Map<string, Pace>();
  const paceOf = ({ name, rate }: KindSettings): Pace => {
    const pace = paces.get(name) ?? new Pace(effects, rate);
    paces.set(name, pace);
    return pace;
  };
  const settingsOf = (name: string): KindSettings => {
    if (!Object.hasOwn(all, name)) throw unknownName(name, Object.keys(all));
    return readSettings(name, all[name]);
  };
  const pick = (name: string, signal?: AbortSignal): Connector => {
    const settings = settingsOf(name);
    const { kind } = settings;
    return {
      ...CANNOT,
      name,
      kind,
      ...checked(KINDS[kind].open(settings, { effects, pace: paceOf(settings), signal })),
    };
  };
  return {
    settings: async (name) => settingsOf(name),
    pick: async (name, signal) => pick(name, signal),
    reset: async (name, person, steps = {}) =>
      resetPerson(pick(name, steps.signal), settingsOf(name).gate, person, steps),
  };
}

/** Of a kind that brings none of its own. */
const CANNOT: Pick<Connector, 'endSessions' | 'gate' | 'lift'> = {
  endSessions: async () => 'not-possible',
  gate: async () => {
    throw new Trouble('gate-not-possible');
  },
  lift: async () => undefined,
};

/** A system that says no can be reached. */
function checked({ permissions, ...opened }: Opened): Omit<Opened, 'permissions'> & Pick<Connector, 'check'> {
  const check = () =>
    permissions().then(
      (found) => ({ reachable: true, why: null, ...found }),
      (error: unknown) => {
        if (!(error instanceof Trouble)) throw error;
        return { reachable: error.isNo, why: error.why, missing: [], tooMany: [], notes: [] };
      },
    );
  return { ...opened, check };
}

function unknownName(name: string, known: readonly string[]): Refusal {
  return new Refusal('config', `the config file has no table [connectors.${name}]`, {
    hint: known.length === 0 ? 'To set one up: countersign help connectors' : `There are: ${known.join(', ')}.`,
  });
}

function readSettings(name: string, table: unknown): KindSettings {
  const section = new Section(`connectors.${name}`, table);
  // Ids at the system are written NAME:ID.
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name)) section.fault('', 'must have a name of small letters, digits, - and _');
  const kind = section.oneOf('kind', CONNECTOR_KINDS, 'command');
  if (!section.has('kind')) section.fault('kind', 'is missing');
  const { gates } = KINDS[kind];
  const minutes = section.integer('gateMinutes', MINUTES.min, MINUTES.max, MINUTES.otherwise);
  const settings: KindSettings = {
    name,
    kind,
    gate: { kind: section.oneOf('gate', gates, 'none'), minutes },
    rate: section.integer('rate', 0, 60_000, 0),
    ...(kind === 'command' ? ofCommand(section) : ofVendor(section, kind)),
    realm: kind === 'keycloak' ? section.text('realm') : '',
    authenticator: kind === 'okta' ? (section.optionalText('authenticator') ?? '') : '',
  };
  if (kind === 'okta' && settings.gate.kind === 'temporary-code' && settings.authenticator === '')
    section.fault('authenticator', 'is missing: temporary codes need the id of their authenticator');
  refuseFaults(section.finish());
  return settings;
}

type Place = Pick<KindSettings, 'place' | 'token' | 'allowPrivate'>;

const ofCommand = (section: Section): Place => ({ place: section.text('command'), token: null, allowPrivate: false });

function ofVendor(section: Section, kind: ConnectorKind): Place {
  const allowPrivate = section.flag('allowPrivate', false);
  const plainHttp = allowPrivate ? 'anywhere' : 'never';
  const place = section.webAddress('url', {
    plainHttp,
    ...(kind === 'entra' ? { default: 'https://graph.microsoft.com' } : {}),
  });
  const file = section.optionalText('tokenFile');
  const line = section.optionalText('tokenCommand');
  if (file !== null && line !== null) section.fault('tokenCommand', 'cannot stand beside tokenFile');
  // The manager API of LemonLDAP::NG asks for none itself.
  if (file === null && line === null && kind !== 'lemonldap') section.fault('tokenFile', 'or tokenCommand is missing');
  const token = file !== null ? { file } : line !== null ? { command: line } : null;
  return { place, token, allowPrivate };
}

function refuseFaults(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new Refusal('config', 'the settings of a connector are not valid', {
    problems,
    hint: 'Correct the config file, then: countersign connector list',
  });
}
