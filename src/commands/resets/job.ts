/** `job …`: shows, resumes and undoes bulk resets (B60, B61). */
import * as z from 'zod';
import { askAuthority } from '../../procedures/authorise.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { approvalNeeded } from '../../procedures/resets/approvals.js';
import { openJob } from '../../procedures/resets/job-work.js';
import { resumeJob } from '../../procedures/resets/reset-job.js';
import { listJobs, showJob } from '../../procedures/resets/show-job.js';
import { UNDOING, undoResets } from '../../procedures/resets/undo-reset.js';
import { type Command, command } from '../command.js';
import { wordsOf } from '../wording/words.js';
import { headDocument, jobsView, jobView, lineDocument, undoDocument, undoneOf, undoView } from './job-view.js';
import { showRun } from './show-run.js';

const list = command({
  path: 'job list',
  access: 'mfa:read',
  input: () => z.object({}),
  run: async (context) => {
    const jobs = await listJobs(await context.desk());
    return { view: jobsView(jobs, wordsOf(context)), document: { jobs: jobs.map(headDocument) } };
  },
});

const show = command({
  path: 'job show',
  access: 'mfa:read',
  arguments: ['<job>'],
  input: () => z.object({ job: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const report = await showJob(desk, given.job);
    for (const line of report.lines) await context.row(lineDocument(line));
    return { view: jobView(report, wordsOf(context)), document: null, streamed: true };
  },
});

const resume = command({
  path: 'job resume',
  access: 'mfa:reset-bulk',
  arguments: ['<job>'],
  input: () => z.object({ job: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const { plan } = await openJob(desk, given.job);
    const begun = await resumeJob(desk, context.operator(), given.job);
    if (begun.work === null && begun.approval !== null) throw approvalNeeded(begun.approval);
    return showRun(context, desk, plan.rows, begun, null);
  },
});

const undo = command({
  path: 'job undo',
  access: 'job:undo',
  arguments: ['<job>'],
  options: ['--line <n>', '--reason <text>'],
  input: () =>
    z.object({
      job: z.string(),
      line: z.coerce.number<string>().int('must be a whole number').optional(),
      reason: z.string().optional(),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), UNDOING);
    const reason = given.reason ?? (await (await context.ask.prompts('--reason')).line({ message: 'Reason' }));
    const outcomes = await undoResets(desk, context.operator(), { id: given.job, line: given.line, reason });
    await deliverDue(desk, { signal: context.signal, step: () => undefined });
    const undone = undoneOf(outcomes);
    return {
      view: undoView(undone, wordsOf(context)),
      document: { undo: undoDocument(given.job, undone) },
      exit: undone.stayed.length > 0 ? 4 : 0,
    };
  },
});

export const commands: readonly Command[] = [list, show, resume, undo];
