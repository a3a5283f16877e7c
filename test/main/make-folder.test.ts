/** Folders are made as wanted, and where none can be made it is said at once. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/make-folder.js';

describe('a folder', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'countersign-folder-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it('is made with those above it, for its owner alone; one that is there stays as it is', () => {
    makeFolder(join(place, 'a', 'b', 'c'));
    for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(place, made)).mode & 0o777).toBe(0o700);
    makeFolder(join(place, 'a', 'b', 'c'));
    expect(existsSync(join(place, 'a', 'b', 'c'))).toBe(true);
  });

  it('is refused below a file', () => {
    writeFileSync(join(place, 'file'), '');
    expect(() => makeFolder(join(place, 'file', 'x', 'y'))).toThrow(/ENOTDIR/);
  });

  it.runIf(existsSync('/proc/self'))('is refused where the system makes none, instead of being tried for ever', () => {
    expect(() => makeFolder('/proc/countersign/x')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});
