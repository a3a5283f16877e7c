/**
 * The public keys of customers' identity providers (RFC 7517): a JWK set from the account's settings, or fetched from an address at each
 * sign-in. Part of main's room, because it uses the network.
 */
import { Refusal } from '../errors.js';

const TIMEOUT_MS = 5_000;
/** A set of fifty RSA keys is a tenth of this. */
const MOST_BYTES = 256 * 1024;

/** Returns the JSON unchecked; the verifier checks that it is a key set. Refusal `busy` if it cannot be fetched. */
export function openIdentityKeys(fetchOne: typeof fetch): (source: string) => Promise<unknown> {
  return async (source) => {
    if (!/^https?:/i.test(source)) return JSON.parse(source) as unknown;
    const text = await download(fetchOne, source);
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw outOfReach(source, 'its answer is not a key set', cause);
    }
  };
}

async function download(fetchOne: typeof fetch, address: string): Promise<string> {
  try {
    // A redirect could lead away from the address that an admin approved.
    const response = await fetchOne(address, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/jwk-set+json, application/json' },
    });
    if (!response.ok) throw outOfReach(address, `it answered ${response.status}`);
    return await readAtMost(response, address);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw outOfReach(address, 'it does not answer', cause);
  }
}

async function readAtMost(response: Response, address: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > MOST_BYTES) throw outOfReach(address, 'its answer is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const outOfReach = (address: string, why: string, cause?: unknown): Refusal =>
  new Refusal('busy', `the identity provider's keys at ${address} cannot be fetched: ${why}`, {
    hint: 'Try again in a while. Admins can sign in with their password: countersign portal login',
    ...(cause === undefined ? {} : { cause }),
  });
