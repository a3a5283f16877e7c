/** Types of fault-proxy.mjs. */
export interface ProxyOptions {
  readonly target: string;
  readonly seed?: number;
  readonly rate?: number;
  readonly kinds?: readonly string[];
  readonly script?: readonly string[] | null;
  readonly retryAfter?: number;
}
export interface FaultProxy {
  readonly url: string;
  log(): readonly { readonly verb: string; readonly path: string; readonly fault: string }[];
  summary(): Readonly<Record<string, number>>;
  set(options: Partial<ProxyOptions>): void;
  stop(): Promise<void>;
}
export const FAULTS: Readonly<Record<string, boolean>>;
export function faultProxy(options: ProxyOptions): Promise<FaultProxy>;
