/**
 * A real OpenID provider on loopback, and the part of a browser that signs in to it: authorization code flow with PKCE, one
 * person per name, no pages. It issues ID tokens as a customer's provider would.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const CLIENT = {
  client_id: 'countersign',
  client_secret: 'a secret of the test',
  redirect_uris: ['https://portal.example/back'],
};

export interface IdentityProvider {
  readonly issuer: string;
  readonly audience: string;
  /** Its JWK set, as downloaded from its `jwks_uri`. */
  keys(): Promise<string>;
  readonly keysAddress: string;
  /** Signs a person in; returns ID token and access token. */
  tokens(person: Person, nonce?: string): Promise<{ idToken: string; accessToken: string }>;
  close(): Promise<void>;
}

export interface Person {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
}

export async function identityProvider(): Promise<IdentityProvider> {
  const people = new Map<string, Person>();
  let signingIn = '';
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, await configuration(people));
  const flow = provider.callback();
  handle = (request, response) => {
    const path = request.url ?? '';
    if (!path.startsWith('/interaction/')) return void flow(request, response);
    void finish(provider, request, response, signingIn);
  };
  return {
    issuer,
    audience: CLIENT.client_id,
    keysAddress: `${issuer}/jwks`,
    keys: async () => (await fetch(`${issuer}/jwks`)).text(),
    tokens: async (person, nonce) => {
      people.set(person.sub, person);
      signingIn = person.sub;
      return signIn(issuer, nonce);
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

async function configuration(people: ReadonlyMap<string, Person>) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    clients: [CLIENT],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'of-the-test', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    ttl: { Interaction: 3_600, Grant: 3_600, Session: 3_600, AccessToken: 3_600, IdToken: 3_600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => people.get(sub) ?? { sub },
    }),
    loadExistingGrant: async (context: { oidc: OidcContext }) => {
      const { provider, client, session } = context.oidc;
      const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  };
}

interface OidcContext {
  readonly provider: Provider;
  readonly client: { readonly clientId: string };
  readonly session: { readonly accountId: string };
}

/** The page on which a person would type a name. */
async function finish(provider: Provider, request: IncomingMessage, response: ServerResponse, accountId: string) {
  await provider.interactionFinished(request, response, { login: { accountId } });
}

async function signIn(issuer: string, nonce: string | undefined) {
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    client_id: CLIENT.client_id,
    response_type: 'code',
    scope: 'openid profile email',
    redirect_uri: CLIENT.redirect_uris[0] ?? '',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(nonce === undefined ? {} : { nonce }),
  });
  const code = await followed(`${issuer}/auth?${asked}`);
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${CLIENT.client_id}:${encodeURIComponent(CLIENT.client_secret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: CLIENT.redirect_uris[0] ?? '',
      code_verifier: verifier,
    }),
  });
  const tokens = (await answer.json()) as { id_token?: string; access_token?: string };
  if (tokens.id_token === undefined) throw new Error(`no ID token: ${JSON.stringify(tokens)}`);
  return { idToken: tokens.id_token, accessToken: tokens.access_token ?? '' };
}

/** Follows redirects with cookies, as a browser does, until the portal's own address; returns the code in it. */
async function followed(start: string): Promise<string> {
  const cookies = new Map<string, string>();
  let address = start;
  for (let hop = 0; hop < 10; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (next === null) throw new Error(`${response.status} at ${address}: ${await response.text()}`);
    address = new URL(next, address).href;
    const code = new URL(address).searchParams.get('code');
    if (code !== null && address.startsWith(CLIENT.redirect_uris[0] ?? '')) return code;
  }
  throw new Error('the sign-in went in circles');
}
