/** How one kind is opened: the checked settings of its table, and the client that they make. */
import type { Connector, ConnectorSettings, Gate, Permissions } from './connector.js';
import { claimsOf, type Token, type TokenSource } from './token.js';
import { type Ask, openVendor, type Target, type Wire } from './vendor-http.js';

export interface KindSettings extends ConnectorSettings {
  readonly token: TokenSource | null;
  readonly allowPrivate: boolean;
  /** Calls a minute at most; 0: as the vendor's headers say. */
  readonly rate: number;
  /** Of Keycloak. */
  readonly realm: string;
  /** Id of the authenticator "temporary access code" at Okta. */
  readonly authenticator: string;
}

export interface Outside extends Wire {
  readonly token: Token | null;
}

/** What a kind has to bring. Without `endSessions`, `gate` or `lift` its system cannot do that. */
export type Opened = Pick<Connector, 'find' | 'factors' | 'reset'> &
  Partial<Pick<Connector, 'endSessions' | 'gate' | 'lift'>> & {
    /** Rejects with what is in the way. */
    permissions(): Promise<Permissions>;
  };

export interface Kind {
  readonly gates: readonly Gate[];
  readonly open: (settings: KindSettings, outside: Outside) => Opened;
}

/** `claims`: what the token says of itself, unchecked; null if it says nothing or there is none. */
export function openClient(
  { place: url, allowPrivate }: KindSettings,
  { token, ...wire }: Outside,
  authorization: Target['authorization'] = (text) => `Bearer ${text}`,
): { readonly ask: Ask; claims(): Promise<ReturnType<typeof claimsOf>> } {
  return {
    ask: openVendor({ url, allowPrivate, token, authorization }, wire),
    claims: async () => (token === null ? null : claimsOf(await token())),
  };
}
