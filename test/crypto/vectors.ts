/**
 * Test vectors nobody on this project wrote. Those that the log stands on are part of the project (`fixtures`); the large ones lie beside
 * a checkout (`../shared/vectors`), and where they are missing the reader gives null and the test counts as skipped.
 */
import { existsSync, readFileSync } from 'node:fs';

export function readVectors<T>(name: string): T | null {
  const places = [`fixtures/${name}`, `../../../shared/vectors/${name}`].map((path) => new URL(path, import.meta.url));
  const file = places.find((place) => existsSync(place));
  return file === undefined ? null : (JSON.parse(readFileSync(file, 'utf8')) as T);
}

/** The shape all Wycheproof files share. */
export interface Wycheproof<Group, Case> {
  readonly testGroups: readonly (Group & {
    readonly tests: readonly (Case & { readonly tcId: number; readonly result: 'valid' | 'invalid' | 'acceptable' })[];
  })[];
}

export const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');
