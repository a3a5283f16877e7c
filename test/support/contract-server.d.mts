/** Types of contract-server.mjs. */
export interface ServerFactor {
  readonly id?: string;
  readonly type: string;
  readonly label?: string;
  /** Stays when all factors are reset (Okta). */
  readonly sticky?: boolean;
  /** Can only go last (Graph). */
  readonly default?: boolean;
}
export interface ServerPerson {
  id?: string;
  username?: string;
  email?: string;
  factors?: readonly ServerFactor[];
  sessions?: number;
  devices?: number;
  status?: string;
  enabled?: boolean;
  mailed?: number;
  tac?: unknown;
}
export interface ServerOptions {
  readonly kind: 'okta' | 'entra' | 'keycloak';
  readonly people?: Readonly<Record<string, ServerPerson>>;
  readonly token?: string;
  readonly realm?: string;
  readonly perSecond?: number;
  readonly windowMs?: number;
  readonly fail?: { status: number; times: number; match?: RegExp } | null;
}
export interface ContractServer {
  readonly url: string;
  readonly people: Record<string, Required<ServerPerson>>;
  violations(): readonly { readonly call: string; readonly why: string }[];
  calls(): readonly { readonly verb: string; readonly path: string; readonly query: string; readonly status: number }[];
  forget(): void;
  set(options: Partial<ServerOptions>): void;
  stop(): Promise<void>;
}
export function hasContract(kind: ServerOptions['kind']): boolean;
export function contractServer(options: ServerOptions): Promise<ContractServer>;
