/**
 * The public keys of customers' identity providers (RFC 7517): a JWK set from the account's settings, or fetched from an address. Part of main's room, because it uses the network.
 */
import { addressesOf, rangeOf } from '../delivery/address-range.js';
import { readUpTo } from '../delivery/deadline.js';
import { Refusal } from '../errors.js';
import { isAddress } from '../rules/sso-settings.js';

const TIMEOUT_MS = 5_000;
/** A set of fifty RSA keys is a tenth of this. */
const MOST_BYTES = 256 * 1024;

/** How long a process uses what it fetched; a new key of the provider counts after that. */
const FRESH_MS = 60_000;

export interface KeyEffects {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly resolveHost: (host: string) => Promise<readonly string[]>;
  /** Keys may be on this machine, there by plain http too. */
  readonly loopback: boolean;
}

/** Returns the JSON unchecked; the verifier checks that it is a key set. Refusal `busy` if it cannot be fetched. */
export function openIdentityKeys(effects: KeyEffects): (source: string) => Promise<unknown> {
  const fetched = new Map<string, { readonly at: number; readonly text: Promise<string> }>();
  return async (source) => {
    if (!isAddress(source)) return JSON.parse(source) as unknown;
    const known = fetched.get(source);
    const age = effects.now() - (known?.at ?? 0);
    const isFresh = known !== undefined && age >= 0 && age < FRESH_MS;
    const kept = isFresh ? known : { at: effects.now(), text: download(source, effects) };
    fetched.set(source, kept);
    const text = await kept.text;
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw outOfReach(source, 'its answer is not a key set', cause);
    }
  };
}

/** A desk admin who sets an address must not reach the desk's own network with it, nor learn what answers there. */
async function requirePublic(source: string, { resolveHost, loopback }: KeyEffects): Promise<void> {
  const url = new URL(source);
  const addresses = await addressesOf(url, resolveHost);
  const own = addresses.length > 0 && addresses.every((address) => /^(127\.|::1$)/.test(address));
  if (own && loopback) return;
  if (url.protocol !== 'https:' || addresses.length === 0 || addresses.some((address) => rangeOf(address) !== 'public'))
    throw outOfReach(source, 'it is not a public https address');
}

async function download(address: string, effects: KeyEffects): Promise<string> {
  await requirePublic(address, effects);
  try {
    // A redirect could lead away from the address that an admin approved.
    const response = await effects.fetch(address, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/jwk-set+json, application/json' },
    });
    if (!response.ok) throw outOfReach(address, `it answered ${response.status}`);
    const answer = await readUpTo(response, MOST_BYTES + 1);
    if (answer.length > MOST_BYTES) throw outOfReach(address, 'its answer is too long');
    return answer.toString('utf8');
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw outOfReach(address, 'it does not answer', cause);
  }
}

const outOfReach = (address: string, why: string, cause?: unknown): Refusal =>
  new Refusal('busy', `the identity provider's keys at ${address} cannot be fetched: ${why}`, {
    hint: 'Try again in a while. Admins can sign in with their password: countersign portal login',
    cause,
  });
