/** What all kinds share: reading an answer's form, the exact rule for a person, writing until it is read back, judging permissions. */
import { type Check, type CheckNote, type Found, type Person, Trouble } from './connector.js';
import { isPassing } from './vendor-http.js';

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
  const value = fields[key];
  if (typeof value !== 'string' || value === '') throw new Trouble('garbage');
  return value;
}

export const optionalText = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
};

/** Capitals of ASCII only: for others a computer and a vendor disagree, and K (U+212A) would be a k. */
export const sameName = (a: string, b: string): boolean => folded(a) === folded(b);
const folded = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

interface Looks {
  id(id: string): Promise<readonly Found[]>;
  login(login: string): Promise<readonly Found[]>;
  email(email: string): Promise<readonly Found[]>;
}

/** The exact rule of the contract. The looks return only those whose name is the same. */
export async function findBy({ external, login, email }: Person, looks: Looks): Promise<Found | 'none' | 'several'> {
  if (external !== null) return onlyOne(await looks.id(external));
  const byLogin = await looks.login(login);
  return byLogin.length > 0 || email === null ? onlyOne(byLogin) : onlyOne(await looks.email(email));
}

function onlyOne(found: readonly Found[]): Found | 'none' | 'several' {
  const [first, second] = found;
  return second === undefined ? (first ?? 'none') : 'several';
}

/** Nobody there is no trouble for a look. */
export async function orNone<T>(look: Promise<readonly T[]>): Promise<readonly T[]> {
  return look.catch((error: unknown) => {
    if (error instanceof Trouble && error.why === 'not-found') return [];
    throw error;
  });
}

const TRIES = 4;

/** Does something that may be done twice until an answer comes. */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || tries === TRIES) throw error;
    }
  }
}

/** Writes where reading says that it is still to do, so that a lost answer is settled by what is there. */
export async function settle(isDone: () => Promise<boolean>, write: () => Promise<unknown>): Promise<void> {
  await persist(async () => {
    if (!(await isDone())) await write();
  });
}

/** A check, with what is in the way of it. A system that says no can be reached. */
export async function checked(look: () => Promise<Omit<Check, 'reachable' | 'why'>>): Promise<Check> {
  try {
    return { reachable: true, why: null, ...(await look()) };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { reachable: saidNo(error), why: error.why, missing: [], tooMany: [], notes: [] };
  }
}

export const saidNo = ({ why }: Trouble): boolean =>
  ['wrong-token', 'forbidden', 'not-found', 'refused', 'gate-not-possible', 'token-unreadable'].includes(why);

interface Held {
  /** Of the token; null if it says nothing of itself. */
  readonly claims: Fields | null;
  /** What it may do, a list or words in one text; anything else if it does not say. */
  readonly held: unknown;
  readonly needed: readonly string[];
  /** Harmless, or part of what is needed. */
  readonly allowed: readonly string[];
  readonly now: number;
}

export function judgePermissions({ claims, held: said, needed, allowed, now }: Held): Omit<Check, 'reachable' | 'why'> {
  const expires = claims?.['exp'];
  const held = typeof said === 'string' ? said.split(' ') : Array.isArray(said) ? said.map(String) : null;
  const notes: CheckNote[] = typeof expires === 'number' && expires * 1_000 <= now ? ['token-expired'] : [];
  if (held === null) return { missing: [], tooMany: [], notes: [...notes, 'permissions-not-shown'] };
  return {
    missing: needed.filter((one) => !held.includes(one)),
    tooMany: held.filter((one) => !needed.includes(one) && !allowed.includes(one)),
    notes,
  };
}
