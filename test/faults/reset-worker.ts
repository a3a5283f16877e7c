/**
 * A process that carries out a job and can be killed at any moment: says `ready`, then the line of each row it acknowledges, and
 * `chunk <n>` after each chunk. Started by
 * childScript; the desk and the job come by the environment. `early` is the known-bad build: it acknowledges a chunk before it is committed.
 */
import type { Settings } from '../../src/config.js';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk } from '../../src/opening/open-desk.js';
import { openJob } from '../../src/procedures/resets/job-work.js';
import { CHUNK, runJob } from '../../src/procedures/resets/run-job.js';

export interface WorkerOrder {
  readonly settings: Settings;
  readonly dataFolder: string;
  readonly signed: SignedOperator;
  readonly job: string;
  readonly early: boolean;
}

export async function runWorker(order: WorkerOrder, say: (text: string) => void, now: () => number): Promise<void> {
  const desk = await openDesk(
    openCustody({ settings: order.settings, dataFolder: order.dataFolder, now, clockAsGiven: true }),
  );
  say('ready\n');
  const signal = new AbortController().signal;
  const used = order.early ? acknowledgingEarly(desk, order.job, say) : desk;
  let chunks = 0;
  await runJob(used, order.signed, await openJob(desk, order.job), {
    signal,
    told: async (rows) => {
      chunks += 1;
      const acknowledged = order.early ? '' : rows.map((row) => `${row.line} ${row.outcome}\n`).join('');
      say(`${acknowledged}chunk ${chunks}\n`);
    },
  });
  await desk.store.close();
  say('done\n');
}

/** Says what the next chunk will have done, before its transaction. */
function acknowledgingEarly(desk: Desk, job: string, say: (text: string) => void): Desk {
  const record: typeof desk.store.record = async (entry, change) => {
    const work = await openJob(desk, job);
    const next = work.targets.slice(work.head.done, work.head.done + CHUNK);
    say(next.map((row) => `${row.line} reset\n`).join(''));
    return desk.store.record(entry, change);
  };
  return { ...desk, store: { ...desk.store, record } };
}
