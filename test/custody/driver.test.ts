/** The built program where the SQLite driver was compiled for another Node, or was never compiled: it says so, and what mends it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuilt } from '../support/built-desk.js';
import { repositoryRoot } from '../support/test-desk.js';

const DRIVER = 'node_modules/better-sqlite3';

describe('a driver that this Node cannot load', () => {
  let root: string;
  beforeAll(() => {
    requireBuilt();
    root = mkdtempSync(join(tmpdir(), 'countersign-driver-'));
    for (const part of ['data', 'package.json']) symlinkSync(join(repositoryRoot, part), join(root, part));
    // Copies, because Node looks for packages beside where a file really is.
    for (const part of ['bin', 'dist']) cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
    mkdirSync(join(root, 'node_modules'));
    for (const name of readdirSync(join(repositoryRoot, 'node_modules')))
      if (name !== 'better-sqlite3')
        symlinkSync(join(repositoryRoot, 'node_modules', name), join(root, 'node_modules', name));
    for (const part of ['package.json', 'lib'])
      cpSync(join(repositoryRoot, DRIVER, part), join(root, DRIVER, part), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin/countersign.js'), ...argv], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: join(root, 'home') },
    });

  it.each(['was never compiled', 'was compiled for another Node'])('that %s is no bug', (how) => {
    const file = join(root, DRIVER, 'build/Release/better_sqlite3.node');
    mkdirSync(dirname(file), { recursive: true });
    if (how !== 'was never compiled') writeFileSync(file, 'not for this Node');
    const { status, stderr } = run('init', '--token');
    expect(status).toBe(7);
    expect(stderr).toContain('this Node cannot load the SQLite driver that was installed');
    expect(stderr).toContain('npm rebuild');
    const doctor = run('doctor').stdout;
    expect(doctor).toMatch(/^wrong +SQLite +this Node cannot load/m);
    expect(doctor).toMatch(/^ +SQLite: .*npm rebuild/m);
  });
});
