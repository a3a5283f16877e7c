/**
 * Canonical JSON (RFC 8785): the one spelling of a value that is hashed and signed. The package orders and prints; this file
 * first refuses what the package would drop, change or print as invalid JSON (undefined, functions, dates, holes).
 */
import canonicalize from 'canonicalize';
import { Refusal } from '../errors.js';
import { isWellFormed } from './encoding.js';

/** Also stops at a value that contains itself. */
const MAX_DEPTH = 64;

/**
 * The canonical text of null, booleans, finite numbers, strings, arrays and plain objects of these. A string with half a character pair is
 * Refusal('invalid-input'), because it can come from outside; any other value is a bug and a TypeError. Both name the member, not its value.
 */
export function canonicalJson(value: unknown): string {
  assertCanonical(value, '$', 0);
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('A value without a JSON form.');
  return text;
}

function assertCanonical(value: unknown, path: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new TypeError(`${path.slice(0, 80)}… is nested too deeply for canonical JSON.`);
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value === 'string') return assertText(value, path);
  if (Array.isArray(value)) {
    // By index, because forEach skips holes.
    for (let i = 0; i < value.length; i++) assertCanonical(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (!isPlainObject(value)) throw new TypeError(`${path} is not a plain JSON value.`);
  for (const [key, member] of Object.entries(value)) {
    assertText(key, `a member name in ${path}`);
    assertCanonical(member, `${path}.${key}`, depth + 1);
  }
}

function assertText(text: string, path: string): void {
  if (isWellFormed(text)) return;
  throw new Refusal('invalid-input', `the text at ${path} contains half of a character pair`, {
    hint: 'The text was damaged on its way here. Type it again.',
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.getOwnPropertySymbols(value).length === 0;
}
