/** A bulk reset for the benchmarks: users of account 1 with two factors, ten backup codes and two devices each, planned, approved and begun. */

export const BULK_LINES = [
  "export { beginCrowdJob, seedCrowd } from './test/faults/bulk-place.js';",
  "export { openJob } from './src/procedures/resets/job-work.js';",
  "export { runJob } from './src/procedures/resets/run-job.js';",
];

export async function bulkJob(bench, desk, users) {
  const { beginCrowdJob, seedCrowd } = bench.sources;
  await seedCrowd(desk, users, { factors: 2, backupCodes: 10, devices: 2 });
  const lead = await bench.sources.signedOperator(desk, 'lead', 'lena');
  const { head, targets } = await beginCrowdJob(desk, lead, await bench.sources.signedOperator(desk, 'lead', 'sven'));
  return {
    targets: targets.map((row) => row.user),
    /** For another process that is to run it. */
    order: { lead, job: head.id },
    ...goingOn(bench, desk, { lead, job: head.id }),
  };
}

/** Ways to go on with a job that was begun, also on a desk that was opened anew. */
export function goingOn(bench, desk, { lead, job: id }) {
  /** Goes on with the job until it is done or, as by Ctrl-C, the signal fires; says which. */
  const run = async ({ told = async () => undefined, signal }) => {
    const job = await bench.sources.openJob(desk, id);
    try {
      await bench.sources.runJob(desk, lead, job, { told, signal });
      return 'ended';
    } catch (error) {
      if (error.code !== 'cancelled') throw error;
      return 'interrupted';
    }
  };
  return {
    run,
    /** Runs it for this many users more and interrupts it; answers the milliseconds. */
    some: async (users) => {
      const stop = new AbortController();
      const start = performance.now();
      let done = 0;
      let took = 0;
      const told = async (rows) => {
        done += rows.length;
        took = performance.now() - start;
        if (done >= users) stop.abort();
      };
      await run({ told, signal: stop.signal });
      return took;
    },
  };
}
