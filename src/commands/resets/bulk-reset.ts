/**
 * `mfa reset`: one user under a live grant, or many with a reason and a ticket (B50–B61). Many (B51, B56, B59, B60): makes a plan, shows it,
 * asks for the number of users, runs it and reports each line. Users who need a second operator wait; all others are reset.
 */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { waitForApproval } from '../../procedures/resets/approvals.js';
import {
  type FrozenPlan,
  freezePlan,
  hasItsOwnNumbers,
  planReset,
  RESETTING_MANY,
} from '../../procedures/resets/plan-reset.js';
import { type GrantedReset, RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import { askApproval, beginJob } from '../../procedures/resets/reset-job.js';
import { idleRows } from '../../procedures/resets/show-job.js';
import { languageOf } from '../../rules/language.js';
import type { ResetPlan } from '../../rules/reset-plan.js';
import { untilApproved } from '../ask.js';
import { type Context, command, type Operated, type Result } from '../command.js';
import { givenUser } from '../directory/listing-arguments.js';
import { readPeople } from '../directory/people-list.js';
import { fileName, tableInput } from '../directory/table-options.js';
import { block, inShell } from '../wording/results.js';
import { type ScreenKey, wordsOf } from '../wording/words.js';
import { planDocument, planView } from './bulk-view.js';
import { RESET_OPTIONS, type ResetGiven, writeNotDone } from './reset-input.js';
import { exitOfReset, resetDocument, resetView } from './reset-view.js';
import { showRun } from './show-run.js';

/**
 * A plan in a file: `sha256` names the plan in approvals and in the log. The tag is made with the desk's key: a hash anybody can compute anew,
 * after any change (S10).
 */
const planText = (desk: Desk, { text, hash }: FrozenPlan): string =>
  `{"plan":${text},"sha256":"${hash}","tag":"${desk.digests.mac('mac/plan', text)}"}\n`;

/** How `planText` begins: the plan's members are in the order of their names. */
const PLAN = { what: 'a plan', begins: /^\{"plan":\{[^[\]]*"kind":"mfa-reset-plan"/ };

/** Refusal `invalid-input` for a file that is not a plan, and for a plan that was changed. */
async function readPlanFile(context: Context, desk: Desk, path: string): Promise<FrozenPlan> {
  const file = fileName(path, wordsOf(context));
  const parsed = fileSchema().safeParse(parseJson(await context.files.readText(path), file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw noPlan(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const frozen = freezePlan(desk, parsed.data.plan as unknown as ResetPlan);
  const fits = frozen.hash === parsed.data.sha256 && desk.digests.mac('mac/plan', frozen.text) === parsed.data.tag;
  if (!fits || !hasItsOwnNumbers(desk, frozen.plan))
    throw refusal('invalid-input', 'plan-file-changed', { file }, 'make-new-plan');
  return frozen;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw noPlan(file, 'it is not JSON');
  }
}

const noPlan = (file: string, why: string) => refusal('invalid-input', 'not-a-plan', { file, why }, 'make-plan');

/** Of a plan no more than tells it from other files: what the key vouches for is what `planText` wrote. */
function fileSchema() {
  const rows = z.array(z.looseObject({}));
  const plan = z.looseObject({ v: z.literal(1), kind: z.literal('mfa-reset-plan'), rows });
  return z.strictObject({ plan, sha256: z.string(), tag: z.string() });
}

async function bulkReset(at: Operated, given: ResetGiven): Promise<Result> {
  if (given.failed !== undefined && given.failed !== '-' && [given.from, given.apply].includes(given.failed)) {
    throw refusal('usage', 'failed-is-list', {}, 'other-failed-file');
  }
  const { context, desk, signed } = at;
  await askAuthority(desk, signed, RESETTING_MANY);
  const frozen = await planOf(at, given);
  if (given.dryRun || given.plan !== undefined) return planned(at, frozen, given);
  await confirmNumber(at, frozen, given);
  // Before anything is reset, so that a path that cannot be written is noticed now, and a run that is cut off leaves what is known.
  const lost = frozen.plan.rows.filter(({ class: name }) => name === 'unknown' || name === 'ambiguous');
  const lines = lost.map(({ line }) => line);
  await writeNotDone(context, given.failed, frozen.plan, lines);
  const asked = given.wait ? await askApproval(desk, signed, frozen) : null;
  if (asked !== null) {
    context.notice(at.words('approval.wait', { id: asked.id }));
    await waitForApproval(desk, asked.id, context.signal);
  }
  const begun = await beginJob(desk, signed, frozen);
  const idle = await idleRows(desk, frozen.plan, begun);
  return showRun(at, begun, { plan: frozen.plan, idle, failed: given.failed });
}

async function planOf(at: Operated, given: ResetGiven): Promise<FrozenPlan> {
  const { context, desk, signed } = at;
  if (given.apply !== undefined) return readPlanFile(context, desk, given.apply);
  const reason = await needed(at, given.reason, '--reason', 'approval.reason');
  const ticket = await needed(at, given.ticket, '--ticket', 'approval.ticket');
  const keepCells = given.failed !== undefined || given.plan !== undefined;
  const list = await readPeople(context, desk, { ...given, keepCells }, 'countersign help mfa reset');
  return planReset(desk, signed, { ...list, reason, ticket, final: given.final, signal: context.signal });
}

async function needed({ context, words }: Operated, given: string | undefined, option: string, key: ScreenKey) {
  const text = given?.trim() ?? '';
  if (text !== '') return text;
  const required = (answer: string) => answer !== '' || words('bulk.few-words');
  return (await context.ask.prompts(option)).line({ message: words(key), validate: required });
}

async function planned({ context, desk, words }: Operated, frozen: FrozenPlan, { plan: file }: ResetGiven) {
  const { confirm } = frozen.plan;
  const apply = `countersign mfa reset --apply ${inShell(file ?? '')} --confirm ${confirm}${file === '-' ? ' < FILE' : ''}`;
  const view = [
    ...planView(frozen, words),
    block.next(file === undefined ? words('bulk.next-run', { confirm }) : apply),
  ];
  if (file === '-') {
    // The plan is the result, so what a person reads goes to the other stream.
    if (!context.options.quiet) await context.show(view);
    return { view: [], document: null, raw: planText(desk, frozen) };
  }
  if (file !== undefined) await context.files.write(file, planText(desk, frozen), PLAN);
  return { view, document: { plan: { ...planDocument(frozen), file } } };
}

/** A person types the number of users, or a script gives it; --yes does not replace it (B59). */
async function confirmNumber({ context, words }: Operated, frozen: FrozenPlan, given: ResetGiven): Promise<void> {
  const { confirm } = frozen.plan;
  // The same command run again has nothing left to reset, so there is nothing to confirm.
  if (confirm === 0) return;
  const also = { plan: { counts: frozen.plan.counts, confirm } };
  if (given.confirm === undefined) {
    if (!context.ask.possible)
      throw refusal('missing-option', 'reset-number', { count: confirm }, 'look-at-plan', { also });
    await context.show(planView(frozen, words));
    const prompts = await context.ask.prompts('--confirm');
    const message = words('bulk.type', { count: confirm });
    if (await prompts.typed({ message, expected: String(confirm) })) return;
    throw new Refusal('cancelled', words('bulk.not-typed'));
  }
  if (given.confirm === confirm) return;
  const facts = { given: given.confirm, count: confirm };
  throw refusal('invalid-input', 'reset-other-number', facts, 'look-at-plan-again', { also });
}

export const reset = command({
  path: 'mfa reset',
  access: 'mfa:reset-with-grant',
  arguments: ['[users...]'],
  options: RESET_OPTIONS,
  own: tableInput,
  run: async (at, given) => {
    if (given.grant !== undefined) return onCall(at, given, given.grant);
    if (isBulk(given)) return bulkReset(at, given);
    await askAuthority(at.desk, at.signed, RESETTING);
    throw refusal('no-grant', 'reset-needs-grant', {}, 'verify-or-reason');
  },
});

const isBulk = (given: ResetGiven): boolean =>
  (['from', 'apply', 'plan', 'reason', 'ticket', 'confirm'] as const).some((name) => given[name] !== undefined) ||
  given.all ||
  given.dryRun;

async function onCall({ context, desk, signed, words }: Operated, given: ResetGiven, grantId: string): Promise<Result> {
  await askAuthority(desk, signed, RESETTING);
  const [reference, ...more] = given.users;
  if (reference === undefined || more.length > 0) throw refusal('usage', 'grant-for-one', {}, 'name-reset-user');
  const found = await givenUser(desk, reference, given.account);
  const { reason, ticket, final } = given;
  const asked: GrantedReset = { grantId, account: found.account, target: found.user, reason, ticket, final };
  const attempt = () => resetUnderGrant(desk, signed, asked);
  const outcome = await untilApproved(context, given.wait, attempt);
  const heard = words.in(languageOf(outcome.account, outcome.caller, desk.language));
  return { view: resetView(outcome, words, heard), document: resetDocument(outcome), exit: exitOfReset(outcome) };
}
