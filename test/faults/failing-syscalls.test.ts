/**
 * System calls on the store that fail, one at a time: a disk that answers EIO or ENOSPC to the n-th write, sync or cut. A writer that
 * was told "done" finds its work afterwards, the log explains each row, and the next process goes on. strace injects the
 * faults; a case in which none fired counts for nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOfLog, foundedStore } from '../store/support.js';
import { type ChildScript, childScript } from '../support/child-script.js';

/**
 * Records accounts one after the other and says so of each; goes on after a failure, as a desk would with the next caller. `early` is
 * the known-bad build: it says so before the commit.
 */
const WRITER = `
import { openEngine } from './src/opening/open-desk.js';
import { openStore } from './src/store/store.js';
import { accountRow, entry, notaryWith } from './test/store/rows.js';

const [address, count, early] = process.argv.slice(2);
void (async () => {
  const engine = await openEngine(address, false);
  const store = openStore(engine, notaryWith());
  for (let n = 0; n < Number(count); n += 1) {
    const said = () => process.stdout.write('done ' + n + '\\n');
    const change = (write) => write.accounts.insert([accountRow(String(n))]);
    try {
      if (early === 'early') said();
      await store.record(entry(), change);
      if (early !== 'early') said();
    } catch (error) {
      process.stdout.write('refused ' + n + ' ' + (error.code ?? 'bug: ' + error) + ' ' + error.also?.outcome + '\\n');
    }
  }
  if (early === 'abrupt') process.kill(process.pid, 'SIGKILL');
  await store.close().catch(() => undefined);
})().catch((error) => { process.stdout.write('refused all ' + (error.code ?? 'bug: ' + error) + '\\n'); });
`;

const WRITES = 4;
const strace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

interface Seen {
  readonly fired: boolean;
  /** Accounts that the writer was told are done. */
  readonly told: readonly string[];
  readonly refusals: readonly string[];
  /** Accounts that the writer was told are not done; of others it was told that nobody knows. */
  readonly undone: readonly string[];
  readonly accounts: readonly string[];
  readonly faults: readonly string[];
}

describe.skipIf(!strace)('a system call on the store that fails', () => {
  let script: ChildScript;
  beforeAll(async () => {
    script = await childScript(WRITER);
  }, 60_000);
  afterAll(() => script.remove());

  async function run(injection: string, early = ''): Promise<Seen> {
    const place = await foundedStore('sqlite');
    await place.engine.close();
    const trace = join(place.folder, 'trace');
    const paths = ['', '-wal', '-shm'].flatMap((end) => ['-P', `${place.address}${end}`]);
    const order = [process.execPath, script.file, place.address, String(WRITES), early];
    const child = spawn('strace', ['-f', '-qq', '-o', trace, ...paths, '-e', `inject=${injection}`, ...order], {
      env: { PATH: process.env['PATH'], NODE_PATH: script.packages },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await new Promise((resolve) => child.on('close', resolve));
    const after = await place.connect();
    const rows = await after.db.selectFrom('accounts').select('number').orderBy('number').execute();
    const seen: Seen = {
      fired: readFileSync(trace, 'utf8').includes('(INJECTED)'),
      told: [...said.matchAll(/^done (\d+)$/gm)].map((match) => match[1] ?? ''),
      refusals: [...said.matchAll(/^refused \S+ (\S+)/gm)].map((match) => match[1] ?? ''),
      undone: [...said.matchAll(/^refused (\d+) \S+ (?!unknown)/gm)].map((match) => match[1] ?? ''),
      accounts: rows.map((row) => row.number),
      faults: await faultsOfLog(after, place.notary),
    };
    await place.close();
    return seen;
  }

  /** B88: told that it is done, and not there; or told that it is not, and there. */
  const lies = ({ told, undone, accounts }: Seen): readonly string[] => [
    ...told.filter((number) => !accounts.includes(number)),
    ...undone.filter((number) => accounts.includes(number)).map((number) => `${number} not done`),
  ];

  const cases = ['pwrite64:error=EIO', 'pwrite64:error=ENOSPC', 'fsync:error=EIO', 'ftruncate:error=EIO'].flatMap(
    (call) => [1, 2, 5, 9, 14, '3+', '10+'].map((when) => `${call}:when=${when}`),
  );

  it('B88 no answer is wrong, no row stands without its entry, and refusals are in words', async () => {
    const fired = new Map<string, number>();
    for (const injection of cases) {
      // Half of the writers end before they can tidy up: the next process finds their log file as it is.
      const seen = await run(injection, /[05]\+?$|=2$/.test(injection) ? 'abrupt' : '');
      expect(lies(seen), injection).toEqual([]);
      expect(seen.faults, injection).toEqual([]);
      expect(
        seen.refusals.filter((code) => !/^(store-unreachable|store-corrupt|busy)$/.test(code)),
        injection,
      ).toEqual([]);
      const call = injection.split(':')[0] ?? '';
      fired.set(call, (fired.get(call) ?? 0) + Number(seen.fired));
    }
    expect(fired.get('pwrite64'), 'faults in writes must have fired').toBeGreaterThan(2);
    expect(fired.get('fsync'), 'faults in syncs must have fired').toBeGreaterThan(1);
  }, 300_000);

  it('S36 a disk that cannot read is not called damage, nor a store that is damaged a disk', async () => {
    const codes = new Set<string>();
    for (const when of [1, 2, 4, 7, '3+']) {
      const seen = await run(`pread64:error=EIO:when=${when}`);
      for (const code of seen.refusals) codes.add(code);
      expect(lies(seen)).toEqual([]);
    }
    expect([...codes]).toEqual(['store-unreachable']);
  }, 60_000);

  it('teeth: a writer that says so before the commit is found out', async () => {
    const found: string[] = [];
    for (const when of ['6+', '10+', '14+']) found.push(...lies(await run(`pwrite64:error=EIO:when=${when}`, 'early')));
    expect(found).not.toEqual([]);
  }, 60_000);
});
