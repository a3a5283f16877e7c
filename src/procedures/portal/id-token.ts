/**
 * Verifies an OpenID ID token of a customer's identity provider (OpenID Connect Core 1.0, 3.1.3.7; RFC 7519, RFC 8725) with jose,
 * which is loaded only here. Only signatures by a public key count: never `none`, never a shared secret.
 */
import type { JSONWebKeySet, JWTPayload } from 'jose';
import { type Refusal, refusal } from '../../errors.js';
import type { IdTokenFault } from '../../refusals/facts.js';

export interface TokenDemand {
  readonly issuer: string;
  readonly audience: string;
  /** The provider's public keys (a JWK set), as read from its address or the account's settings. */
  readonly keys: unknown;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The value sent with the sign-on request; if it is given, the token must contain it. */
  readonly nonce: string | undefined;
  /** How far the clocks of the two parties may differ; milliseconds. */
  readonly tolerance: number;
}

/** What the provider says about the person. */
export interface TokenClaims {
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly username: string | undefined;
  /** Absent if the provider says that it did not check it. */
  readonly email: string | undefined;
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Refusal `not-signed-in` for every fault of the token, `config` if the keys are not a JWK set. Never shows the token. */
export async function verifyIdToken(token: string, demand: TokenDemand): Promise<TokenClaims> {
  const { createLocalJWKSet, jwtVerify, errors } = await import('jose');
  try {
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(demand.keys as JSONWebKeySet), {
      issuer: demand.issuer,
      audience: demand.audience,
      algorithms: ALGORITHMS,
      currentDate: new Date(demand.now),
      clockTolerance: Math.floor(demand.tolerance / 1000),
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    if (protectedHeader.typ?.toLowerCase().includes('at+jwt') === true) throw refused('access-token');
    return claimsOf(payload, demand);
  } catch (error) {
    if (error instanceof errors.JWKSInvalid) throw badKeys(error);
    if (error instanceof errors.JOSEError) throw refused(faultOf(error.code), error);
    throw error;
  }
}

function claimsOf(payload: JWTPayload, demand: TokenDemand): TokenClaims {
  if (demand.nonce !== undefined && payload['nonce'] !== demand.nonce) throw refused('other-request');
  const several = Array.isArray(payload.aud) && payload.aud.length > 1;
  const { azp } = payload;
  if ((several || azp !== undefined) && azp !== demand.audience) throw refused('other-application');
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    subject: payload.sub ?? '',
    expiresAt: (payload.exp ?? 0) * 1000,
    username: text(payload['preferred_username']),
    email: payload['email_verified'] === false ? undefined : text(payload['email']),
  };
}

function faultOf(code: string): IdTokenFault {
  const faults: Readonly<Record<string, IdTokenFault>> = {
    ERR_JWT_EXPIRED: 'expired',
    ERR_JWT_CLAIM_VALIDATION_FAILED: 'claims',
    ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
    ERR_JWKS_NO_MATCHING_KEY: 'no-key',
    ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'several-keys',
    ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  };
  return faults[code] ?? 'not-a-token';
}

const refused = (why: IdTokenFault, cause?: unknown): Refusal =>
  refusal('not-signed-in', 'id-token-refused', { why }, 'new-id-token', { ...(cause === undefined ? {} : { cause }) });

const badKeys = (cause: unknown): Refusal =>
  refusal('config', 'provider-keys-unreadable', {}, 'desk-sets-keys', { cause });
