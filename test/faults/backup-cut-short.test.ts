/** A backup for which the disk has no room: nothing that looks like a backup is left, and the store is as it was (B88). */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltDesk, builtDesk, requireBuilt } from '../support/built-desk.js';
import { repositoryRoot } from '../support/test-desk.js';

describe('a backup that fills the disk', () => {
  let place: BuiltDesk;
  let env: Record<string, string>;
  let size: number;
  beforeAll(async () => {
    requireBuilt();
    place = await builtDesk('sqlite');
    const { token } = await place.must(['init', '--token', '--json']);
    env = { COUNTERSIGN_TOKEN: String(token) };
    size = statSync(join(place.folders.data, 'desk.db')).size;
  }, 60_000);
  afterAll(() => place.close());

  /** The command in a shell that lets no file grow beyond so many KiB, which is how a disk without room behaves for this one file. */
  const backupWithin = (kib: number, target: string) =>
    spawnSync(
      'bash',
      ['-c', `ulimit -f ${kib}; exec "$0" bin/countersign.js store backup "$1" --json`, process.execPath, target],
      { cwd: repositoryRoot, env: { ...place.env, ...env }, encoding: 'utf8', timeout: 60_000 },
    );

  it.each([[0.1], [0.25], [0.6], [0.95]])('leaves nothing behind when the room ends after %f of it', (part) => {
    const target = join(place.home, `cut-${part}.db`);
    const before = readdirSync(place.home);
    const { status, stdout } = backupWithin(Math.floor((size * part) / 1024), target);
    expect(status, stdout).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining(target) } });
    expect(readdirSync(place.home)).toEqual(before);
  });

  it('a file that was there is neither overwritten nor removed', () => {
    const target = join(place.home, 'notes.txt');
    writeFileSync(target, 'mine');
    expect(backupWithin(100, target).status).not.toBe(0);
    expect(statSync(target).size).toBe(4);
  });

  it('the next one, with room, is whole', async () => {
    const target = join(place.home, 'whole.db');
    await place.must(['store', 'backup', target], '', env);
    expect(statSync(target).size).toBe(size);
    expect((await place.run(['audit', 'verify'], '', env)).code).toBe(0);
  });
});
