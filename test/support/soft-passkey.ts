/** An authenticator in a few lines (WebAuthn 6.1, 6.5.1), which can do what a browser never would: any origin, counter or flag. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Said {
  readonly origin: string;
  readonly rpId: string;
  readonly counter: number;
  /** A finger, a face or a PIN was asked for. */
  readonly verified: boolean;
  readonly challenge: string;
  readonly id: string;
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const PRESENT = 1;
const VERIFIED = 4;
const NEW_KEY = 64;

/** Just enough of CBOR (RFC 8949) for a key and its statement. */
function cbor(value: number | string | Uint8Array | Map<number | string, unknown>): Buffer {
  const head = (major: number, n: number): Buffer =>
    Buffer.from(n < 24 ? [(major << 5) | n] : n < 256 ? [(major << 5) | 24, n] : [(major << 5) | 25, n >> 8, n & 255]);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map) {
    const parts = [...value].flatMap(([key, one]) => [cbor(key), cbor(one as Parameters<typeof cbor>[0])]);
    return Buffer.concat([head(5, value.size), ...parts]);
  }
  return Buffer.concat([head(2, value.length), value]);
}

/** One key, for the site that it was made for. `make` and `sign` take what the page asks with, and say what the page sends; `counter: 0` for one that does not count. */
export function softPasskey(home: Pick<Said, 'origin' | 'rpId'> & Partial<Said>) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const raw = randomBytes(16);
  let counter = 0;
  const said = (asked: string, over: Partial<Said>): Said => ({
    counter: ++counter,
    verified: true,
    challenge: JSON.parse(asked).challenge,
    id: raw.toString('base64url'),
    ...home,
    ...over,
  });
  const data = ({ rpId, verified, counter: count }: Said, flags = 0, more: Uint8Array = Buffer.alloc(0)): Buffer => {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(count);
    return Buffer.concat([sha256(rpId), Buffer.from([PRESENT | (verified ? VERIFIED : 0) | flags]), counted, more]);
  };
  const client = (type: string, { challenge, origin }: Said): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const whole = ({ id }: Said, response: Readonly<Record<string, Uint8Array>>): string =>
    JSON.stringify({
      ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
      response: Object.fromEntries(
        Object.entries(response).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64url')]),
      ),
    });
  return {
    make: (asked: string, over: Partial<Said> = {}): string => {
      const it = said(asked, over);
      const point = [x, y].map((one) => Buffer.from(one, 'base64url')) as [Buffer, Buffer];
      const key = cbor(
        new Map<number, unknown>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, point[0]],
          [-3, point[1]],
        ]),
      );
      const more = Buffer.concat([Buffer.alloc(16), Buffer.from([0, raw.length]), raw, key]);
      const statement = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', data(it, NEW_KEY, more)],
      ]);
      return whole(it, { clientDataJSON: client('webauthn.create', it), attestationObject: cbor(statement) });
    },
    sign: (asked: string, over: Partial<Said> = {}): string => {
      const it = said(asked, over);
      const [authenticatorData, clientDataJSON] = [data(it), client('webauthn.get', it)];
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientDataJSON)]), privateKey);
      return whole(it, { authenticatorData, clientDataJSON, signature });
    },
  };
}
