/** package.json and the lock file: what a bare clone on any machine depends on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const root = path.dirname(import.meta.dirname);
const read = (name: string): unknown => JSON.parse(readFileSync(path.join(root, name), 'utf8'));
const manifest = read('package.json') as Manifest;
const locked = (read('package-lock.json') as { packages: Record<string, Locked> }).packages;

/** Optional packages of any platform that the lock file leaves out; npm ci refuses a file with a gap. */
function gapsOf(packages: Readonly<Record<string, Locked>>): string[] {
  const names = new Set(Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, '')));
  return Object.values(packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
  );
}

describe('the packages', () => {
  it('are pinned exactly', () => {
    const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('are locked for every platform, also those that the last install could not reach', () => {
    expect(gapsOf(locked)).toEqual([]);
    expect(gapsOf({ 'node_modules/a': { optionalDependencies: { 'a-darwin': '1.0.0' } } })).toEqual(['a-darwin']);
  });

  it('come from whatever registry is set: the lock file names none', () => {
    expect(Object.entries(locked).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  it('with install scripts are each allowed or refused by name', () => {
    const scripted = Object.entries(locked).filter(([, entry]) => entry.hasInstallScript);
    const names = scripted.map(([place]) => place.replace(/^.*node_modules\//, ''));
    expect(names.filter((name) => !(name in manifest.allowScripts))).toEqual([]);
  });
});
