/**
 * Reads one table of the config file, key by key, and lists all faults with their keys at once. Unknown keys are faults too:
 * a mistyped `pasword_file` must not silently mean "no login".
 */

import type { Problem } from '../errors.js';

/** Where a web address may use plain http. */
type PlainHttp = 'never' | 'loopback' | 'anywhere';

/** One table of the settings, for instance `[mail]`. */
export class Section {
  readonly #name: string;
  readonly #problems: Problem[] = [];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();
  readonly #isOther: boolean;

  constructor(name: string, value: unknown) {
    this.#name = name;
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
    this.#values = isTable ? (value as Record<string, unknown>) : {};
    this.#isOther = !isTable && value !== undefined;
  }

  /** Records a fault of a key, or of the table where it is ''. Never quotes a value, because it could be a pasted password. */
  fault(key: string, message: string): void {
    this.#problems.push({ message: `${key === '' ? `[${this.#name}]` : `${this.#name}.${key}`} ${message}` });
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key) && this.#values[key] !== undefined;
  }

  /** A required text; '' after a fault. */
  text(key: string): string {
    const text = this.optionalText(key);
    if (text === null && !this.has(key)) this.fault(key, 'is missing');
    return text ?? '';
  }

  /** One line of text, or null if the key is absent. */
  optionalText(key: string): string | null {
    const value = this.#take(key);
    if (value === undefined) return null;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused here.
    if (typeof value === 'string' && value !== '' && !/[\u0000-\u001f\u007f]/.test(value)) return value;
    this.fault(key, 'must be one line of text');
    return null;
  }

  integer(key: string, min: number, max: number, otherwise: number): number {
    const value = this.#take(key) ?? otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.fault(key, `must be a whole number from ${min} to ${max}`);
    return otherwise;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.#take(key) ?? otherwise;
    if (typeof value !== 'boolean') this.fault(key, 'must be true or false');
    return value === true;
  }

  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T {
    const value = this.#take(key) ?? otherwise;
    const choice = choices.find((each) => each === value);
    if (choice === undefined) this.fault(key, `must be one of ${choices.join(', ')}`);
    return choice ?? otherwise;
  }

  /** An absolute https address (or http where allowed) without a login inside. */
  webAddress(key: string, rule: { readonly default?: string; readonly plainHttp: PlainHttp }): string {
    const text = this.has(key) || rule.default === undefined ? this.text(key) : rule.default;
    if (text === '') return '';
    if (!URL.canParse(text)) {
      this.fault(key, 'must be a web address');
      return '';
    }
    const url = new URL(text);
    const plain = url.protocol === 'http:';
    if (url.username !== '' || url.password !== '') this.fault(key, 'must not contain a user name or password');
    if (url.protocol !== 'https:' && (!plain || rule.plainHttp === 'never'))
      this.fault(key, 'must begin with https://');
    if (plain && rule.plainHttp === 'loopback' && !isLoopback(url.hostname)) {
      this.fault(key, 'must begin with https:// unless it is on this machine');
    }
    return text;
  }

  /** Call this last. It returns every fault, including keys that were never read. */
  finish(): readonly Problem[] {
    if (this.#isOther) return [{ message: `[${this.#name}] must be a table` }];
    for (const key of Object.keys(this.#values)) {
      if (!this.#read.has(key)) this.fault(key, 'is not a known setting');
    }
    return this.#problems;
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.has(key) ? this.#values[key] : undefined;
  }
}

/** True for a host name or address that can only mean this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}
