/** A bulk reset for the benchmarks: users of account 1 with two factors, ten backup codes and two devices each, planned, approved and begun. */

export const BULK_LINES = [
  "export { beginCrowdJob, seedCrowd } from './test/faults/bulk-place.js';",
  "export { openJob } from './src/procedures/reset-job.js';",
  "export { runJob } from './src/procedures/run-job.js';",
];

export async function bulkJob(bench, desk, users) {
  const { beginCrowdJob, seedCrowd, openJob, runJob } = bench.sources;
  await seedCrowd(desk, users, { factors: 2, backupCodes: 10, devices: 2 });
  const lead = await operator(desk, 'lena');
  const { head, targets } = await beginCrowdJob(desk, lead, await operator(desk, 'sven'));
  return {
    targets: targets.map((row) => row.user),
    /** Goes on with the job until it is done or, as by Ctrl-C, the signal fires; says which. */
    run: async ({ told = async () => undefined, signal }) => {
      const job = await openJob(desk, head.id);
      try {
        await runJob(desk, lead, job, { told, signal });
        return 'ended';
      } catch (error) {
        if (error.code !== 'cancelled') throw error;
        return 'interrupted';
      }
    },
  };
}

async function operator(desk, name) {
  const at = desk.now();
  const by = { kind: 'system', id: 'bench', name: 'bench' };
  const row = { id: desk.newId('op'), name, name_key: name, role: 'lead', verifier: null, totp: null };
  const rest = { totp_last_step: null, also_user_id: null, disabled_at: null, created_at: at };
  await desk.store.record({ kind: 'operator.added', outcome: 'done', at, by }, (write) =>
    write.operators.insert({ ...row, ...rest }),
  );
  const actor = { kind: 'operator', id: row.id, name };
  const who = { id: row.id, name, role: 'lead', disabledAt: null };
  return { operator: who, actor, via: 'session', sessionId: null, codeAt: at, alsoUserId: null };
}
