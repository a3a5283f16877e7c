/**
 * Verifies an OpenID ID token of a customer's identity provider (OpenID Connect Core 1.0, 3.1.3.7; RFC 7519, RFC 8725) with jose,
 * which is loaded only here. Only signatures by a public key count: never `none`, never a shared secret.
 */
import type { JSONWebKeySet, JWTPayload } from 'jose';
import { isRefusal, type Refusal, refusal, type Term } from '../../errors.js';

export interface TokenDemand {
  readonly issuer: string;
  readonly audience: string;
  /** The provider's public keys (a JWK set), as read from its address or the account's settings. */
  readonly keys: unknown;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The value sent with the sign-on request. The token must contain it, and none if none was sent. */
  readonly nonce: string | undefined;
  /** How far the clocks of the two parties may differ; milliseconds. */
  readonly tolerance: number;
}

/** What the provider says about the person. */
export type TokenClaims = ReturnType<typeof claimsOf>;

/** No provider's ID token lasts longer; one that was issued earlier comes out of a drawer. */
const LONGEST_S = 24 * 3_600;

const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

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
      maxTokenAge: LONGEST_S,
    });
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '') ?? 'jwt';
    if (type === 'at+jwt') throw tokenRefused('access-token');
    // A logout token (OIDC Back-Channel Logout 1.0, 2.4) and other security events are signed by the same keys.
    if (type !== 'jwt' || payload['events'] !== undefined) throw tokenRefused('other-kind');
    return claimsOf(payload, demand);
  } catch (error) {
    if (error instanceof errors.JWKSInvalid) throw badKeys(error);
    if (error instanceof errors.JOSEError) throw tokenRefused(FAULTS[error.code] ?? 'not-a-token', error);
    if (isRefusal(error)) throw error;
    // What jose's own errors do not cover: a key that cannot be used, such as one that is too short.
    throw badKeys(error);
  }
}

function claimsOf(payload: JWTPayload, demand: TokenDemand) {
  if (payload['nonce'] !== demand.nonce) throw tokenRefused('other-request');
  if ((payload.exp ?? 0) - (payload.iat ?? 0) > LONGEST_S) throw tokenRefused('claims');
  const several = Array.isArray(payload.aud) && payload.aud.length > 1;
  const { azp } = payload;
  if ((several || azp !== undefined) && azp !== demand.audience) throw tokenRefused('other-application');
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    subject: payload.sub ?? '',
    /** Milliseconds since the epoch. */
    expiresAt: (payload.exp ?? 0) * 1000,
    username: text(payload['preferred_username']),
    /** Absent unless the provider says that it checked it. */
    email: payload['email_verified'] === true ? text(payload['email']) : undefined,
  };
}

/** By the codes of jose. */
const FAULTS: Readonly<Record<string, Term<'tokenFault'>>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'claims',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JWKS_NO_MATCHING_KEY: 'no-key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'several-keys',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
};

export const tokenRefused = (why: Term<'tokenFault'>, cause?: unknown): Refusal =>
  refusal('not-signed-in', 'id-token-refused', { tokenFault: why }, 'new-id-token', { cause });

const badKeys = (cause: unknown): Refusal =>
  refusal('config', 'provider-keys-unreadable', {}, 'desk-sets-keys', { cause });
