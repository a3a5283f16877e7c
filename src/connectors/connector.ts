/**
 * The contract of a connector: something that resets second factors where the logins are (B93).
 *
 * A connector knows one vendor's addresses and forms, and nothing of store, log, jobs or words. reset-person.ts is the one algorithm
 * over it. Every connector promises:
 *
 *  - It rejects only with a Trouble, whose `why` is a word of ours. It never repeats what the other side said, a token or a code.
 *  - `find` compares names itself, by an exact rule, whatever the system takes for a match: the id at the system if there is one, and
 *    then nothing else; otherwise the login; otherwise an e-mail address that exactly one person there has. Never the first of two.
 *  - `factors` lists all second factors and no password. A kind that it does not know is kept and named by the vendor's word.
 *  - `reset` makes one round of removing. A call that succeeded proves nothing, so it says nothing: the next `factors` does.
 *  - All calls may be repeated: after a lost answer, by another process, or by a middle box.
 *  - Each call ends by itself, and early when the signal fires with which the connector was picked.
 */
import type { Names, RemoteProgress } from '../rules/remote-reset.js';

export const CONNECTOR_KINDS = ['lemonldap', 'keycloak', 'okta', 'entra', 'command'] as const;
export type ConnectorKind = (typeof CONNECTOR_KINDS)[number];

/**
 * What stands between the reset and the first person who knows the password. Only `suspend` keeps out somebody who has just the password; a
 * code or a link lets the owner in, and whether it keeps others out depends on settings there that no call of ours can see.
 */
export const GATES = ['temporary-code', 'link', 'suspend', 'none'] as const;
export type Gate = (typeof GATES)[number];

export interface Person {
  readonly login: string;
  readonly email: string | null;
  /** The id at the system, without the connector's name. */
  readonly external: string | null;
}

/** `login`, `email`: what the person has there; empty if the system does not say. */
export interface Found extends Names {
  readonly id: string;
  /** Cannot sign in there. Whoever was suspended before our reset must not be let in by the end of it. */
  readonly suspended: boolean;
}

/** `kind`: the vendor's word, such as `otp` or `push`; `name`: what its owner calls it, or ''. */
export type Factor = Readonly<Record<'kind' | 'name' | 'id', string>>;

export interface GatePolicy {
  readonly kind: Gate;
  /** How long a code or a link is good for. */
  readonly minutes: number;
}

export interface Gated {
  readonly kind: Gate;
  /** For the owner of the login alone; never logged. */
  readonly code: string | null;
  /** End of code or link, ms since the epoch. */
  readonly until: number | null;
}

/** By the vendor's names. Notes: the system does not show them; it answers without a token; the token is over. */
export interface Permissions {
  readonly missing: readonly string[];
  readonly tooMany: readonly string[];
  readonly notes: readonly ('permissions-not-shown' | 'open-to-all' | 'token-expired')[];
}

export interface Connector {
  readonly name: string;
  readonly kind: ConnectorKind;
  find(person: Person): Promise<Found | 'none' | 'several'>;
  factors(id: string): Promise<readonly Factor[]>;
  /** One round; the factors are those of the last `factors`. */
  reset(id: string, factors: readonly Factor[]): Promise<void>;
  /** Sessions, tokens and remembered devices. */
  endSessions(id: string): Promise<'ended' | 'not-possible'>;
  /** Called only for gates of the kind, and never for `none`. */
  gate(id: string, policy: GatePolicy): Promise<Gated>;
  /** Lets somebody in again whom the gate `suspend` kept out; also if nobody is suspended any more. */
  lift(id: string): Promise<void>;
  /** `why`: what is in the way; null if the system answered as it should. */
  check(): Promise<Permissions & { readonly reachable: boolean; readonly why: Why | null }>;
}

/** The system's no: it will be the same the next time. */
export const NOES = [
  'wrong-token',
  'forbidden',
  'not-found',
  'refused',
  'gate-not-possible',
  'token-unreadable',
] as const;
/** No usable answer, where another try of the same call may help. */
export const PASSING = ['server-error', 'garbage', 'time-out', 'unreachable', 'rate-limited'] as const;
const OTHERS = ['redirect', 'too-large', 'private-address', 'no-https', 'stopped', 'command-failed'] as const;
/** Why a call has no usable result. */
export type Why = (typeof NOES | typeof PASSING | typeof OTHERS)[number];

export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly why: Why;

  constructor(why: Why) {
    super(why);
    this.why = why;
  }

  get isNo(): boolean {
    return NOES.some((why) => why === this.why);
  }

  get isPassing(): boolean {
    return PASSING.some((why) => why === this.why);
  }
}

/** `ok`: ended with 0, in time, with at most `maxBytes` of output. */
export type CommandRun =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly why: 'time-out' | 'stopped' | 'too-large' | 'command-failed' };

export interface CommandLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** All outside effects, passed in by main. */
export interface ConnectorEffects {
  readonly fetch: typeof fetch;
  /** Every address of a host name; rejects when there is none. */
  readonly resolveHost: (host: string) => Promise<readonly string[]>;
  /** Text of a secret file; rejects when it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  /** Runs a line of the shell with `input` on its standard input; never rejects. No secret of ours is in its environment. */
  readonly runCommand: (line: string, input: string, limits: CommandLimits) => Promise<CommandRun>;
  /** Resolves after the time, or at once when the signal fires. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** ms for one whole answer; 15 s (a command 30 s), except in tests. */
  readonly timeoutMs?: number;
}

/** The checked settings of one connector, without secrets. */
export interface ConnectorSettings {
  readonly name: string;
  readonly kind: ConnectorKind;
  /** Address of the system, or the command line of the kind `command`. */
  readonly place: string;
  readonly gate: GatePolicy;
}

/** The connectors that the settings name, as a part of the Desk. Nothing is loaded or read before the first use. */
export interface Connectors {
  names(): readonly string[];
  /** Refusal `config` if there is no such connector or its settings have faults. */
  settings(name: string): Promise<ConnectorSettings>;
  /** The same; its calls end early when the signal fires. Connectors of one name keep one rate. */
  pick(name: string, signal?: AbortSignal): Promise<Connector>;
  /** One reset with the gate of the settings (reset-person.ts). Never rejects for what happens in the world. */
  reset(name: string, person: Person, steps?: ResetSteps): Promise<ResetOutcome>;
}

/** What an earlier attempt for the same person got to, as its caller recorded it in `before` and `gated`. */
export type Earlier = Omit<RemoteProgress, 'reset'>;

export interface ResetSteps {
  readonly signal?: AbortSignal;
  /** Given in every attempt after the first that called `before`: "no factor left" then means reset, not nothing. */
  readonly earlier?: Earlier;
  /** Intent first: called before anything is changed, and awaited. If it rejects, nothing was changed. */
  readonly before?: (seen: Omit<Earlier, 'gated'>, there: Names) => Promise<void>;
  /** Called when the gate stands and before the first factor goes, and awaited: a code that is not kept now is lost with the process. */
  readonly gated?: (gate: Gated) => Promise<void>;
}

/**
 *  - `reset`: read back, no factor is left, and sessions have ended or cannot be ended there.
 *  - `nothing`: there was no factor, and nothing was changed.
 *  - `partial`: something was changed and something is left: factors (`left`), or sessions (`sessions: 'unknown'`).
 *  - `unknown`, `ambiguous`: nobody, or more than one, is there by the exact rule.
 *  - `refused`: the system said no before anything was removed.
 *  - `unreachable`: no usable answer; what is there now is not known. Try again with `earlier`.
 */
export interface ResetOutcome {
  readonly state: 'reset' | 'nothing' | 'partial' | 'unknown' | 'ambiguous' | 'refused' | 'unreachable';
  /** Kinds of factors, each as often as there were factors of it. */
  readonly removed: readonly string[];
  readonly left: readonly string[];
  readonly id: string | null;
  readonly sessions: 'ended' | 'stay' | 'unknown';
  /** Null as long as no gate stands. `lift`: the person was suspended by us and must be let in again with Connector.lift. */
  readonly gate: (Gated & { readonly lift: boolean }) | null;
  readonly why?: Why;
}
