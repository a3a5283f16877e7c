/** Types of llng.mjs. */
export interface Browser {
  go(url: string): Promise<{ readonly text: string; readonly url: string }>;
}
export interface SignIn {
  readonly where: 'set-up' | 'asks-code' | 'in' | 'refused';
  readonly browser: Browser;
}
export interface Llng {
  readonly portal: string;
  readonly api: string;
  signIn(user: string, password?: string): Promise<SignIn>;
  enrol(browser: Browser, name?: string): Promise<string>;
  factors(user: string): Promise<readonly { readonly type: string; readonly name: string }[]>;
  /** The API alone; what it stored stays. */
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
  stop(): Promise<void>;
}
/** Debian packages that are not here. */
export function missingPackages(): readonly string[];
export function startLlng(options?: { readonly people?: readonly string[] }): Promise<Llng>;
