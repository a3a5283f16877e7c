/**
 * A plan of an import in a file (B90): `{"plan":{…},"sha256":"…","tag":"…"}`, with the rows to import and what came of them when they were
 * looked at. The tag is made with the desk's key, so the plan is as it was made, and was made here; `sha256` names it.
 */
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal, refusal } from '../../errors.js';
import type { ImportPreview } from '../../procedures/imports/import-directory.js';
import type { ImportRequest } from '../../procedures/imports/plan-directory.js';
import type { Rows } from '../../rules/directory-rows.js';
import type { Context } from '../command.js';
import { type ScreenKey, wordsOf } from '../wording/words.js';
import { fileName } from './table-options.js';

/** How the file begins: canonical JSON has the plan's members in the order of their names. */
export const IMPORT_PLAN = { what: 'a plan of an import', begins: /^\{"plan":\{"confirm":\d+,"kind":"directory-plan"/ };

export function importPlanText(desk: Desk, request: ImportRequest, { confirm, outcome }: ImportPreview): string {
  const { acceptDamaged = false, clearContacts = false } = request;
  const files = { ...rowsOf('accounts', request.accounts), ...rowsOf('users', request.users) };
  const made = { kind: 'directory-plan', v: 1, madeAt: desk.now(), confirm, outcome };
  const text = desk.notary.canonical({ ...made, request: { ...files, acceptDamaged, clearContacts } });
  return `{"plan":${text},"sha256":"${desk.digests.sha256(text)}","tag":"${desk.digests.mac('mac/plan', text)}"}\n`;
}

const rowsOf = (file: 'accounts' | 'users', table: Rows<string> | undefined) =>
  table && { [file]: { rows: table.rows.map(({ line, values }) => ({ line, values })), problems: [] } };

/** Whose import it is: one of people may bring their companies along. */
export const nounOf = ({ users }: Pick<ImportRequest, 'users'>) => (users === undefined ? 'account' : 'user');

/** Refusals: `invalid-input` for a file that is no such plan, was changed, or was made by another desk or command. */
export async function readImportPlan(context: Context, path: string, noun: string) {
  const { digests } = await context.desk();
  const text = await context.files.readText(path);
  const file = fileName(path, wordsOf(context));
  const [, plan, sha256, tag] = /^\{"plan":(\{.*\}),"sha256":"([^"]*)","tag":"([^"]*)"\}\s*$/s.exec(text) ?? [];
  if (plan === undefined || !IMPORT_PLAN.begins.test(text))
    throw refusal('invalid-input', 'not-an-import', { file }, 'make-import-plan');
  if (tag !== digests.mac('mac/plan', plan) || sha256 !== digests.sha256(plan))
    throw refusal('invalid-input', 'plan-file-changed', { file }, 'make-import-plan');
  const { request, outcome } = JSON.parse(plan) as { request: ImportRequest; outcome: string };
  if (nounOf(request) !== noun)
    throw refusal('invalid-input', 'other-import', { file: path, noun: nounOf(request) }, 'apply-other');
  return { ...request, outcome };
}

/** A person types the number that a script gives with --confirm. */
export async function confirmed<T>(
  context: Context,
  given: number | undefined,
  run: (confirm?: number) => Promise<T>,
  type: ScreenKey = 'import.type',
) {
  try {
    return await run(given);
  } catch (error) {
    const count = isRefusal(error) && error.code === 'missing-option' && error.because?.facts['count'];
    if (typeof count !== 'number' || !context.ask.possible) throw error;
    const prompts = await context.ask.prompts('--confirm');
    const words = wordsOf(context);
    const message = words(type, { count });
    if (await prompts.typed({ message, expected: String(count) })) return run(count);
    throw new Refusal('cancelled', words('bulk.not-typed'));
  }
}
