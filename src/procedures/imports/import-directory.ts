/**
 * Imports companies and logins from files: all or nothing (B90). Plan and rows are made before the store is locked, so that calls do not
 * wait for them, and what a large import adds is staged (stage-import.ts). If what the plan was made from has changed by then, it is made
 * again. `previewImport` makes the same plan and writes nothing.
 *
 * An import that gives many people another e-mail or phone needs a second operator: where codes go is who can enrol (B56); so does one that gives an admin another id at another system (B55).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { maskedContact } from '../../rules/directory-fields.js';
import type { CellChange } from '../../rules/directory-import.js';
import { days } from '../../rules/duration.js';
import { takesAdminsId } from '../../rules/remote-reset.js';
import { type Acting, act, askAuthority, mayAlso } from '../authorise.js';
import { finishImports } from '../directory/finish-imports.js';
import { GOING_ON, IMPORTING, makeRoom, requireRoom } from '../directory/room-for-import.js';
import { noteList } from '../directory/see-people.js';
import { Overtaken, untilNotOvertaken } from '../pause.js';
import { approvalNeeded, changeSubject, requestApproval, useApproval, waitingEntries } from '../resets/approvals.js';
import { changeRows, entriesOfImport, insertAdded, type ReadyImport, readyImport } from './apply-import.js';
import { isOvertaken } from './overtaken.js';
import { type Counts, type ImportReport, type ImportRequest, type PlannedFiles, planner } from './plan-directory.js';
import { requireStaged, STAGED_OVER, type Staged, settle, stageImport } from './stage-import.js';

export type ImportPreview = Awaited<ReturnType<typeof previewImport>>;

/** What an import would do; `outcome`: SHA-256 of every addition and change. Refusals as `importDirectory`, but no number is asked for. Contacts are masked for those who may not read them; a list in full is logged (B83). */
export async function previewImport(desk: Desk, signed: SignedOperator, request: ImportRequest) {
  await askAuthority(desk, signed, IMPORTING);
  const { report, confirm, outcome, changes } = await planner(desk, request)(desk.store.read);
  const people = new Set(changes.filter(isOfContact).map(({ line }) => line)).size;
  const full = await mayAlso(desk, signed, { permission: 'contacts:read' });
  if (full && people > 0) await noteList(desk, signed, { list: 'user import' }, { people });
  return { ...report, changes: full ? changes : changes.map(masked), confirm, outcome: outcome() };
}

const isContact = (column: string): boolean => column === 'email' || column === 'phone';
const isOfContact = ({ column }: CellChange): boolean => isContact(column);

function masked(change: CellChange): CellChange {
  const mask = (text: string) => maskedContact(change.column === 'email' ? 'email' : 'phone', text);
  return isOfContact(change) ? { ...change, old: mask(change.old), new: mask(change.new) } : change;
}

/**
 * Refusals: `cancelled`, if the signal fires before it is settled; `invalid-input` with every bad row of every file, for a wrong number and for another outcome than the one that was looked
 * at; `missing-option` where many rows change and no number is given; `approval-needed`, and the same import acts once it is approved. Then nothing is changed.
 */
export async function importDirectory(desk: Desk, signed: SignedOperator, request: ImportRequest) {
  await askAuthority(desk, signed, IMPORTING);
  // A plan reads faster what is written, and is not overtaken by its being written.
  await finishImports(desk, request.signal);
  const plan = planner(desk, request);
  const done = await untilNotOvertaken(async (round) => {
    const planned = await plan(desk.store.read);
    requireAsLookedAt(desk, planned, request);
    if (round === 1) await makeRoom(desk, signed, true);
    const ready = readyImport(desk, planned);
    return importPlanned(desk, signed, { ready, planned, signal: request.signal });
  }, ROUNDS);
  if ('request' in done) throw approvalNeeded(done.request);
  return done;
}

/** So often a plan is made before the desk is too busy for this import. */
const ROUNDS = { tries: 4, busy: () => refusal('busy', 'import-moved', {}, 'try-again') };

interface Work extends Pick<ImportRequest, 'signal'> {
  readonly planned: PlannedFiles;
  readonly ready: ReadyImport;
}

/** @throws Overtaken, if what the plan was made from has changed: then nothing is */
async function importPlanned(desk: Desk, signed: SignedOperator, work: Work) {
  const { ready, planned } = work;
  if (ready.companyRows.length + ready.added.length + planned.updated <= STAGED_OVER)
    return importAtOnce(desk, signed, work);
  const waiting = await secondAsked(desk, signed, work.planned);
  if (waiting !== undefined) return waiting;
  const done = await stageImport(desk, signed, work, (staged) => importAtOnce(desk, signed, work, staged));
  return 'request' in done ? done : { ...done, notices: await writeSettled(desk, work) };
}

/** The import is done, whatever becomes of this: the next import or delivery writes what is left. */
async function writeSettled(desk: Desk, { signal }: Work): Promise<readonly string[]> {
  const notices: string[] = [];
  try {
    await finishImports(desk, signal, notices);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  return notices;
}

const movedIn = ({ people }: PlannedFiles): readonly string[] =>
  people.plan.update.flatMap((one) => (one.fields.some(isContact) ? [one.before.id] : []));

const losingIds = ({ people }: PlannedFiles) =>
  people.plan.update.flatMap(({ before: { id, login, role, external: old }, entry: { external = old } }) =>
    takesAdminsId({ role, external: old }, external) ? [{ id, change: `${login}: ${old} -> ${external || '–'}` }] : [],
  );

/** So many ids are written out for whoever approves; the hash of the import stands for all. */
const SHOWN = 20;

/** Nothing waits for a second operator. */
class MayGoOn extends Error {}

/** Asks for a second operator before anything is staged. A yes that is there already is used only when the import settles. */
async function secondAsked(desk: Desk, signed: SignedOperator, planned: PlannedFiles) {
  if (movedIn(planned).length + losingIds(planned).length === 0) return undefined;
  try {
    return await act(desk, signed, IMPORTING, {
      change: async (acting) => {
        const waiting = await waitingFor(acting, planned);
        // Also the yes is taken back.
        if (waiting === null) throw new MayGoOn();
        return waiting;
      },
      entry: ({ entries }) => entries,
    });
  } catch (error) {
    if (error instanceof MayGoOn) return undefined;
    throw error;
  }
}

/**
 * What waits for a second operator, and how the log says it; null if the import may go on. All changes of a day count together, whoever made
 * them and how, so that many small files are no way round it.
 */
async function waitingFor(acting: Acting<'directory:write'>, planned: PlannedFiles) {
  const { desk, now, write } = acting;
  const [moved, ids] = [movedIn(planned), losingIds(planned)];
  const day = moved.length === 0 ? 0 : moved.length + (await write.users.countMoved(now - days(1)));
  if (day <= desk.policy.limits.directory.contactsOver && ids.length === 0) return null;
  const contacts = `import ${planned.outcome()}: another e-mail or phone for ${moved.length} people`;
  const some = `${ids
    .slice(0, SHOWN)
    .map((one) => one.change)
    .join(', ')}${ids.length > SHOWN ? ', …' : ''}`;
  const change = ids.length === 0 ? contacts : `${contacts}; other ids of admins elsewhere (${ids.length}): ${some}`;
  const users = [...new Set([...ids.map(({ id }) => id), ...moved])];
  const { subject, hash } = await changeSubject(acting, { users, change, reason: null });
  if ((await useApproval(acting, hash)) !== undefined) return null;
  const asked = await requestApproval(acting, ids.length > 0 ? 'external' : 'many-contacts', subject);
  const { request } = asked;
  const detail = { people: users.length, approval: request.id };
  return { request, entries: waitingEntries(asked, { kind: 'directory.imported', detail }) };
}

async function importAtOnce(desk: Desk, signed: SignedOperator, { planned, ready }: Work, staged?: Staged) {
  const done = await act(desk, signed, staged === undefined ? IMPORTING : GOING_ON, {
    change: async (acting) => {
      if (staged !== undefined) await requireStaged(acting, ready, staged);
      else {
        await requireRoom(acting.write);
        if (await isOvertaken(acting.write, ready)) throw new Overtaken();
      }
      const waiting = await waitingFor(acting, planned);
      if (waiting !== null) return waiting;
      const added = staged === undefined ? await insertAdded(acting, ready) : await settle(acting, staged);
      const report = { ...planned.report, notices: staged === undefined ? await changeRows(acting, ready) : [] };
      return { report, entries: [summaryOf(report, staged?.id), ...entriesOfImport(ready, added)] };
    },
    entry: ({ entries }) => entries,
  });
  return 'report' in done ? done.report : done;
}

/** Many changes, and those of a plan in a file, are made by their number; `--yes` does not replace it. */
function requireAsLookedAt(desk: Desk, { report, updated, confirm, outcome }: PlannedFiles, given: ImportRequest) {
  const also = { import: { accounts: report.accounts, users: report.users, confirm } };
  if (given.outcome !== undefined && given.outcome !== outcome())
    throw refusal('invalid-input', 'import-moved-on', {}, 'import-plan-anew', { also });
  const many = updated > desk.policy.limits.directory.confirmOver || (given.outcome !== undefined && confirm > 0);
  if (given.confirm === confirm || (given.confirm === undefined && !many)) return;
  if (given.confirm === undefined)
    throw refusal('missing-option', 'import-confirm', { count: confirm }, 'import-look-first', { also });
  const facts = { given: given.confirm, count: confirm };
  throw refusal('invalid-input', 'import-confirm-wrong', facts, 'import-look-first', { also });
}

function summaryOf(done: ImportReport, staged: string | undefined): ActEntry {
  const counts = (side: string, found: Counts | null) => (found === null ? {} : { [side]: { ...found } });
  const detail = {
    ...counts('accounts', done.accounts),
    ...counts('users', done.users),
    kept: done.kept.length,
    // Those of a staged import are counted where they are queued, by `directory.staged`.
    ...(staged === undefined ? { notices: done.notices.length } : { import: staged }),
  };
  return { kind: 'directory.imported', detail };
}
