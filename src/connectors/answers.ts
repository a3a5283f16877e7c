/** What all kinds share: reading the form of an answer, the exact rule for a person, trying again, judging permissions. */
import {
  type Connector,
  type ConnectorSettings,
  type Factor,
  type Found,
  type Gate,
  type Permissions,
  type Person,
  Trouble,
} from './connector.js';
import type { TokenSource, Wire } from './vendor-http.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Trouble `garbage` for anything else. */
export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Trouble('garbage');
  return value as Fields;
}

export function listOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new Trouble('garbage');
  return value.map(fieldsOf);
}

/** An id or a kind is never empty. */
export function textOf(fields: Fields, key: string): string {
  const value = optionalText(fields, key);
  if (value === '') throw new Trouble('garbage');
  return value;
}

export function optionalText(fields: Fields, key: string): string {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
}

/** Factors of a list; where the kind and the name of one stand differs by vendor. */
export const factorsOf = (list: unknown, kind: string, name: string): readonly Factor[] =>
  listOf(list).map((one) => ({ kind: textOf(one, kind), name: optionalText(one, name), id: textOf(one, 'id') }));

/** Capitals of ASCII only: for others a computer and a vendor disagree, and K (U+212A) would be a k. */
export const sameName = (a: string, b: string): boolean => folded(a) === folded(b);
const folded = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The exact rule of the contract. Each look returns only those whose name is the same. Nothing at the path of an id is nobody; a search always answers. */
export async function findBy(
  { external, login, email }: Person,
  looks: Readonly<Record<'id' | 'login' | 'email', (text: string) => Promise<readonly Found[]>>>,
): Promise<Found | 'none' | 'several'> {
  if (external !== null) return onlyOne(await orNone(looks.id(external)));
  const byLogin = await looks.login(login);
  return byLogin.length > 0 || email === null ? onlyOne(byLogin) : onlyOne(await looks.email(email));
}

function onlyOne([first, second]: readonly Found[]): Found | 'none' | 'several' {
  return second === undefined ? (first ?? 'none') : 'several';
}

/** The answer, or an empty list if there is nothing at the address. */
export async function orNone<T>(asked: Promise<T>): Promise<T | readonly never[]> {
  return asked.catch((error: unknown) => {
    if (error instanceof Trouble && error.why === 'not-found') return [];
    throw error;
  });
}

const TRIES = 3;

/** Does something that may be done twice until an answer comes. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Trouble) || !error.isPassing || tries === TRIES) throw error;
    }
  }
}

/** `held`: what a token (its claims) says that it may do, a list or words in one text; anything else if it does not say. */
export function judgePermissions(
  claims: Fields | null,
  held: unknown,
  rule: { readonly needed: readonly string[]; readonly harmless: readonly string[]; readonly now: number },
): Permissions {
  const expires = claims?.['exp'];
  const expired = typeof expires === 'number' && expires * 1_000 <= rule.now ? (['token-expired'] as const) : [];
  const all = typeof held === 'string' ? held.split(' ') : Array.isArray(held) ? held.map(String) : null;
  if (all === null) return { missing: [], tooMany: [], notes: [...expired, 'permissions-not-shown'] };
  return {
    missing: rule.needed.filter((one) => !all.includes(one)),
    tooMany: all.filter((one) => !rule.needed.includes(one) && !rule.harmless.includes(one)),
    notes: expired,
  };
}

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

/** What a kind has to bring. Without `endSessions`, `gate` or `lift` its system cannot do that. */
export type Opened = Pick<Connector, 'find' | 'factors' | 'reset'> &
  Partial<Pick<Connector, 'endSessions' | 'gate' | 'lift'>> & {
    /** Rejects with what is in the way. */
    permissions(): Promise<Permissions>;
  };

export interface Kind {
  readonly gates: readonly Gate[];
  readonly open: (settings: KindSettings, outside: Wire) => Opened;
}
