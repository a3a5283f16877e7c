/**
 * An import that gives many people another e-mail or phone needs a second operator: where codes go is who can enrol (B56, B90). All changes
 * of a day count together, whoever made them and how, so that many small files are no way round it.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { days } from '../../rules/duration.js';
import type { Acting } from '../authorise.js';
import { type ContactChange, importFiles } from '../imports/import-directory.js';
import type { ImportRequest } from '../imports/plan-directory.js';
import { approvalNeeded, changeSubject, requestApproval, useApproval, waitingEntries } from '../resets/approvals.js';

/** Refusals: those of `importFiles`, and approval-needed; the same import acts once it is approved. */
export async function importDirectory(desk: Desk, signed: SignedOperator, request: ImportRequest) {
  const done = await importFiles(desk, signed, request, secondOperator);
  if ('request' in done) throw approvalNeeded(done.request);
  return done;
}

async function secondOperator(acting: Acting<'directory:write'>, { users, outcome }: ContactChange) {
  const { desk, now, write } = acting;
  const day = users.length === 0 ? 0 : users.length + (await write.users.countMoved(now - days(1)));
  if (day <= desk.policy.limits.directory.contactsOver) return null;
  const change = `import ${outcome()}: another e-mail or phone for ${users.length} people`;
  const { subject, hash } = await changeSubject(acting, { users, change, reason: null });
  if ((await useApproval(acting, hash)) !== undefined) return null;
  const asked = await requestApproval(acting, 'many-contacts', subject);
  const { request } = asked;
  const detail = { people: users.length, approval: request.id };
  return { request, entries: waitingEntries(asked, { kind: 'directory.imported', detail }) };
}
