/**
 * A plan in a file: `{"plan":{…},"sha256":"…","tag":"…"}`. `sha256` names the plan in approvals and in the log. The tag is made with the
 * desk's key: a hash anybody can compute anew, after any change (S10).
 */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { type FrozenPlan, freezePlan, hasItsOwnNumbers } from '../../procedures/resets/plan-reset.js';
import { type ResetPlan, ROW_CLASSES } from '../../rules/reset-plan.js';
import type { Context } from '../command.js';

/** How `planText` begins: the plan's members are in the order of their names. */
export const PLAN = { what: 'a plan', begins: /^\{"plan":\{[^[\]]*"kind":"mfa-reset-plan"/ };

export const planText = (desk: Desk, { text, hash }: FrozenPlan): string =>
  `{"plan":${text},"sha256":"${hash}","tag":"${desk.digests.mac('mac/plan', text)}"}\n`;

/** Refusal `invalid-input` for a file that is not a plan, and for a plan that was changed. */
export async function readPlanFile(context: Context, desk: Desk, path: string): Promise<FrozenPlan> {
  const parsed = fileSchema().safeParse(parseJson(await context.files.readText(path), path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw noPlan(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const frozen = freezePlan(desk, parsed.data.plan as ResetPlan);
  const fits = frozen.hash === parsed.data.sha256 && desk.digests.mac('mac/plan', frozen.text) === parsed.data.tag;
  if (!fits || !hasItsOwnNumbers(desk, frozen.plan))
    throw refusal('invalid-input', 'plan-file-changed', { file: path }, 'make-new-plan');
  return frozen;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw noPlan(path, 'it is not JSON');
  }
}

const noPlan = (file: string, why: string) => refusal('invalid-input', 'not-a-plan', { file, why }, 'make-plan');

function fileSchema() {
  const count = z.int().check(z.gte(0));
  const row = z.strictObject({
    line: count,
    class: z.enum(ROW_CLASSES),
    account: z.string(),
    login: z.string(),
    user: z.string().optional(),
    act: z.literal(true).optional(),
    objected: z.literal(true).optional(),
    noAddress: z.literal(true).optional(),
    written: z.array(z.string()).optional(),
  });
  const cells = z.array(z.tuple([count, z.array(z.string())]));
  const list = z.strictObject({
    bom: z.boolean(),
    newline: z.enum(['\n', '\r\n']),
    delimiter: z.enum([',', ';', '\t', '|']),
    header: z.array(z.string()),
    cells,
  });
  const plan = z.strictObject({
    v: z.literal(1),
    kind: z.literal('mfa-reset-plan'),
    job: z.string().regex(/^job_[0-9a-z]{26}$/),
    desk: z.string(),
    madeAt: count,
    madeBy: z.strictObject({ id: z.string(), name: z.string() }),
    reason: z.string(),
    ticket: z.string(),
    final: z.boolean(),
    source: z.string(),
    list: list.optional(),
    counts: z.record(z.enum(ROW_CLASSES), count),
    confirm: count,
    rows: z.array(row),
  });
  return z.strictObject({ plan, sha256: z.string(), tag: z.string() });
}
