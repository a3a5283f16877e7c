/**
 * Test vectors nobody on this project wrote. They lie beside a checkout (`../shared/vectors`), not in it; where they are
 * missing the reader gives null and the test counts as skipped.
 */
import { existsSync, readFileSync } from 'node:fs';

export function readVectors<T>(name: string): T | null {
  const file = new URL(`../../../shared/vectors/${name}`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null;
}

/** The shape all Wycheproof files share. */
export interface Wycheproof<Group, Case> {
  readonly testGroups: readonly (Group & {
    readonly tests: readonly (Case & { readonly tcId: number; readonly result: 'valid' | 'invalid' | 'acceptable' })[];
  })[];
}

export const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');
