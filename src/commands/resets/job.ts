/** `job …`: shows, resumes and undoes bulk resets (B60, B61). */
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { resumeJob } from '../../procedures/resets/reset-job.js';
import { isNotDone } from '../../procedures/resets/row-outcome.js';
import { idleRows, type JobReport, listJobs, showJob } from '../../procedures/resets/show-job.js';
import { UNDOING, undoResets } from '../../procedures/resets/undo-reset.js';
import { listOf, type ResetPlan } from '../../rules/reset-plan.js';
import { askReason } from '../ask.js';
import { type Command, type Context, command, wholeNumber } from '../command.js';
import { headDocument, jobsView, jobView, lineDocument, undoDocument, undoneOf, undoView } from './job-view.js';
import { listText, writeNotDone } from './reset-input.js';
import { showRun } from './show-run.js';

const FAILED = { flags: '--failed <file>', path: 'writes' } as const;

const notDoneOf = ({ lines }: JobReport): readonly number[] =>
  lines.filter(({ row, planned }) => !planned && isNotDone(row)).map(({ row }) => row.line);

/** Somebody's own list may look like an earlier file of this kind, and nobody named it here; but it has every line. */
async function writeAgain(context: Context, file: string | undefined, plan: ResetPlan, lines: readonly number[]) {
  if (file !== undefined && file !== '-' && (await context.files.exists(file))) {
    const text = await context.files.readText(file);
    if (text.split('\n').filter((line) => line.trim() !== '').length > plan.rows.length)
      throw refusal('invalid-input', 'list-not-replaced', { file }, 'other-file');
  }
  await writeNotDone(context, file, plan, lines);
}

const list = command({
  path: 'job list',
  access: 'mfa:read',
  run: async ({ desk, words }) => {
    const jobs = await listJobs(desk);
    return { view: jobsView(jobs, words), document: { jobs: jobs.map(headDocument) } };
  },
});

const show = command({
  path: 'job show',
  access: 'mfa:read',
  arguments: ['<job>'],
  options: [FAILED],
  run: async ({ context, desk, words }, given) => {
    const report = await showJob(desk, given.job);
    const { plan, lines } = report;
    const notDone = notDoneOf(report);
    await writeAgain(context, given.failed, plan, notDone);
    for (const line of lines) await context.row(lineDocument(line));
    const result = { view: jobView(report, words), document: null, streamed: true };
    if (given.failed !== '-') return result;
    if (!context.options.quiet) await context.show(result.view);
    return { ...result, raw: listText(listOf(plan, notDone)) };
  },
});

const resume = command({
  path: 'job resume',
  access: 'mfa:reset-bulk',
  arguments: ['<job>'],
  options: [FAILED],
  run: async (at, given) => {
    const { context, desk, signed } = at;
    const report = await showJob(desk, given.job);
    const { plan } = report;
    // Noticed now if the path cannot be written, before an approval is used up.
    await writeAgain(context, given.failed, plan, notDoneOf(report));
    const begun = await resumeJob(desk, signed, given.job);
    return showRun(at, begun, { plan, idle: await idleRows(desk, plan, begun), failed: given.failed });
  },
});

const undo = command({
  path: 'job undo',
  access: 'job:undo',
  arguments: ['<job>'],
  options: ['--line <n>', '--reason <text>'],
  own: () => ({ line: wholeNumber().optional() }),
  run: async ({ context, desk, signed, words }, given) => {
    await askAuthority(desk, signed, UNDOING);
    const reason = await askReason(context, given.reason);
    const outcomes = await undoResets(desk, signed, {
      id: given.job,
      line: given.line,
      reason,
      signal: context.signal,
    });
    await deliverDue(desk, { signal: context.signal, step: () => undefined });
    const undone = undoneOf(outcomes);
    return {
      view: undoView(undone, words),
      document: { undo: undoDocument(given.job, undone) },
      exit: undone.stayed.length > 0 ? 4 : 0,
    };
  },
});

export const commands: readonly Command[] = [list, show, resume, undo];
