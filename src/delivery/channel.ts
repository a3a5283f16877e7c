/**
 * The contract of a delivery channel: something that carries one message out of the desk.
 * A channel gets a message that is already committed to the outbox and makes ONE attempt. It keeps no queue and knows no schedule; the outbox
 * decides when to try again (schedule.ts). Every channel promises:
 *  - It resolves for everything that happens in the world: a refused recipient, an answer 500, a time-out, a dropped connection, a full disk,
 *    a missing password file. It throws only for a bug of its caller (a kind it does not carry, a malformed id), because a thrown error would
 *    end the run of every other message.
 *  - `ok: true` only once the other side has taken responsibility. A connection that breaks before that is a temporary failure, even where the
 *    message may have arrived: better twice with one id than never.
 *  - The id travels with every attempt in the way the medium knows (Message-ID, Idempotency-Key, webhook-id, the file name), so that a receiver
 *    can drop the second copy.
 *  - `permanent: true` only where trying again with the same settings cannot help AND the fault lies with this message or its address. A wrong
 *    password or an unreachable host is temporary: after it is fixed, nothing may be lost.
 *  - `why` is one short sentence of our own. It never repeats what the other side said, nor the message's text, since both may hold a one-time
 *    code and `why` is stored and shown (B11, `outbox show`).
 *  - The attempt ends on its own after the channel's time-out, and early when `signal` fires.
 */

export const MESSAGE_KINDS = ['email', 'sms', 'webhook', 'event'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export interface Message {
  /** `msg_…`: made once, the same in all retries. */
  readonly id: string;
  readonly kind: MessageKind;
  /** The address on file: an e-mail address or a phone number. A webhook or an event goes to the configured URL instead. */
  readonly to: string;
  /** One line. For a webhook or an event its type, such as `mfa.reset`; unused by SMS. */
  readonly subject: string;
  /** Plain text. For a webhook or an event its data as a JSON text. */
  readonly body: string;
  /** CSV that goes along with an e-mail. */
  readonly attachment?: { readonly name: string; readonly text: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface Attempt {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly signal?: AbortSignal;
}

export interface NotTaken {
  readonly ok: false;
  readonly permanent: boolean;
  readonly why: string;
  /** The receiver asked never to be called again (HTTP 410): stop this channel until a person has looked. */
  readonly disable?: true;
}

export interface Channel {
  readonly name: string;
  readonly carries: readonly MessageKind[];
  /** The one address that all of its messages go to, if there is one. `disable` is recorded for this address. */
  readonly place?: string;
  /** `reference`: what the other side, or the disk, calls it: a queue id, a message sid, a file name. */
  send(message: Message, context: Attempt): Promise<{ readonly ok: true; readonly reference: string } | NotTaken>;
  /** Connects and signs in as for a message, and sends none. Only of channels that connect. */
  reach?(): Promise<NotTaken | undefined>;
  /** Keeps connections open from one message to the next, until the function that it returns is called. */
  hold?(): () => void;
}

/** All outside effects of a channel, passed in by main, so that a test can replace the network and the disk. */
export interface DeliveryEffects {
  /** The desk's data folder; the file channel keeps `outbox/` inside. */
  readonly dataFolder: string;
  readonly fetch: typeof fetch;
  /** Signs a security event token (crypto/signer). */
  readonly signToken: (claims: object) => string;
  /** Every address of a host name, IPv4 and IPv6; rejects when there is none. */
  readonly resolveHost: (host: string) => Promise<readonly string[]>;
  /** Text of a secret or certificate file; rejects when it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  /** Milliseconds one attempt, or one step of an SMTP dialogue, may take. 15 s, except in tests. */
  readonly timeoutMs?: number;
}

export const TIMEOUT_MS = 15_000;

/** A failure to try again later. */
export const temporary = (why: string): NotTaken => ({ ok: false, permanent: false, why });

/** A failure that no retry can fix. */
export const permanent = (why: string): NotTaken => ({ ok: false, permanent: true, why });

/** Its `send` throws when the caller broke the contract; the id's shape also keeps it safe in a file name and a header. */
export const makeChannel = (about: Pick<Channel, 'name' | 'carries' | 'place'>, send: Channel['send']): Channel => ({
  ...about,
  send: async (message, context) => {
    const { name, carries } = about;
    if (!carries.includes(message.kind)) throw new TypeError(`${name} does not carry ${message.kind}`);
    if (!/^msg_[A-Za-z0-9_-]{1,80}$/.test(message.id)) throw new TypeError(`not a message id (channel ${name})`);
    return send(message, context);
  },
});
