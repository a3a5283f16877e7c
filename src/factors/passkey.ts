/**
 * The passkey (B92): WebAuthn level 3, by an authenticator that proved who holds it (a finger, a face or its PIN). The only user of
 * @simplewebauthn/server, which is loaded on first use. Its messages quote what a browser sent, so only the words before the quote go on.
 */
import type { RegistrationResponseJSON, WebAuthnCredential } from '@simplewebauthn/server';
import type { Challenge, ChallengedFactor, ChallengeInput, SignedResult } from './factor.js';

/** What is sealed; the key in base64url. */
type Stored = Pick<WebAuthnCredential, 'id' | 'transports'> & { readonly publicKey: string };

export const passkey = {
  id: 'passkey',
  title: 'Passkey',
  question: 'Passkey in the browser',
  credential: 'fido2-platform',
  family: 'challenged',
  ask,
  register,
  check,
} as const satisfies ChallengedFactor;

const read = (secret: string): Stored => JSON.parse(secret) as Stored;

async function ask({ site, known, owner, ...input }: ChallengeInput): Promise<string> {
  const { generateRegistrationOptions, generateAuthenticationOptions } = await import('@simplewebauthn/server');
  const own = known
    .map(read)
    .map(({ id, transports }) => ({ id, ...(transports === undefined ? {} : { transports }) }));
  const challenge = Uint8Array.from(input.challenge);
  const about = { rpID: site.host, challenge, timeout: input.minutes * 60_000 };
  if (owner === null) {
    const options = { ...about, allowCredentials: own, userVerification: 'required' } as const;
    return JSON.stringify(await generateAuthenticationOptions(options));
  }
  const made = await generateRegistrationOptions({
    ...about,
    rpName: owner.issuer,
    userName: owner.login,
    userID: Uint8Array.from(owner.handle),
    attestationType: 'none',
    excludeCredentials: own,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  });
  return JSON.stringify(made);
}

async function register({ known, ...proof }: Challenge & { readonly known: readonly string[] }) {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  return judged(proof.answer, async (response) => {
    const asked = { response: response as RegistrationResponseJSON, ...wanted(proof) };
    const { verified, registrationInfo } = await verifyRegistrationResponse(asked);
    if (!verified) return { ok: false, why: 'signature' };
    const { id, publicKey, transports, counter } = registrationInfo.credential;
    if (known.some((secret) => read(secret).id === id)) return { ok: false, why: 'known already' };
    const stored = { id, publicKey: Buffer.from(publicKey).toString('base64url'), transports };
    return { ok: true, counter, secret: JSON.stringify(stored) };
  });
}

async function check({ secret, ...proof }: Challenge & { readonly secret: string }): Promise<SignedResult> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { id, publicKey } = read(secret);
  const key = Uint8Array.from(Buffer.from(publicKey, 'base64url'));
  return judged(proof.answer, async (response) => {
    if (response.id !== id) return { ok: false, why: 'other key' };
    // The caller compares the counter as it stores it: of two copies only one may be right.
    const credential = { id, publicKey: key, counter: 0 };
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      ...{ response: response as Parameters<typeof verifyAuthenticationResponse>[0]['response'], credential },
      ...wanted(proof),
    });
    return verified ? { ok: true, counter: authenticationInfo.newCounter } : { ok: false, why: 'signature' };
  });
}

const wanted = ({ site, isChallenge }: Challenge) => ({
  expectedChallenge: isChallenge,
  expectedOrigin: site.origin,
  expectedRPID: site.host,
  requireUserVerification: true,
});

/** Whatever a browser sends gets an answer: the library throws at what is wrong. */
async function judged<T>(
  answer: string,
  judge: (response: { readonly id?: unknown }) => Promise<T | { readonly ok: false; readonly why: string }>,
): Promise<T | { readonly ok: false; readonly why: string }> {
  try {
    return await judge(JSON.parse(answer));
  } catch (error) {
    return { ok: false, why: error instanceof Error ? (error.message.split(/["“]/)[0] ?? '').trim().slice(0, 80) : '' };
  }
}
