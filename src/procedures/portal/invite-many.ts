/**
 * First invitations to a list or a whole company. Each is one as any other (invite-user.ts) in a transaction of its own, so that a person
 * who cannot have one keeps nobody else from theirs. The run begins by counting itself against the desk's limit of a day, so that many lists
 * are no way round it (T23); by that entry the admins of each company are told once (rules/power).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { days } from '../../rules/duration.js';
import { grouped } from '../../rules/lists.js';
import type { Owner } from '../../rules/people.js';
import type { FoundRow } from '../../rules/reset-plan.js';
import { act, askAuthority } from '../authorise.js';
import { findUser } from '../directory/find-account.js';
import { vouchedFor } from '../log-reader.js';
import { type Invitation, inviteUsers, requireInvitable } from './invite-user.js';

/** What resets of many ask: its rows say who belongs to a company (B83). */
const INVITING_MANY = { permission: 'mfa:reset-bulk', fresh: true, logsRefusals: true } as const;

interface Came {
  /** `invited`, `not-sent`, `nothing-to-do`, `duplicate`, `unknown`, `ambiguous`, or why a single invitation is refused: `disabled`, `no-email`, … */
  readonly outcome: string;
  readonly invitation?: Invitation | undefined;
}
export type InvitedRow = FoundRow & Came;

/**
 * Each row once it is done. Refusals before the first: missing-option and invalid-input for `confirm`, the number of people who are invited;
 * refused-by-policy over the limit of a day.
 */
export async function* inviteMany(
  desk: Desk,
  signed: SignedOperator,
  rows: readonly FoundRow[],
  confirm: number | undefined,
): AsyncGenerator<InvitedRow> {
  await askAuthority(desk, signed, INVITING_MANY);
  const begun = desk.now();
  const seen = new Set<string>();
  const judged: { readonly row: FoundRow; readonly is: Owner | Came }[] = [];
  for (const row of rows) judged.push({ row, is: await unlessKept(() => judge(desk, row, seen)) });
  const people = judged.flatMap(({ is }) => ('user' in is ? [is] : []));
  if (people.length > 0) await begin(desk, signed, people, confirm);
  for (const { row, is } of judged)
    yield { ...row, ...('user' in is ? await unlessKept(() => inviteOne(desk, signed, is, begun)) : is) };
}

async function judge(desk: Desk, { found }: FoundRow, seen: Set<string>): Promise<Owner | Came> {
  if (typeof found === 'string') return { outcome: found === 'nobody' ? 'unknown' : 'ambiguous' };
  if (seen.size === seen.add(found.id).size) return { outcome: 'duplicate' };
  const owner = await findUser(desk, found.id);
  requireInvitable(desk, owner);
  const { secrets, factors } = desk.store.read;
  const code = await factors.newestCode(found.id, 'activate');
  // Nobody's code dies while they may be typing it.
  const open = code !== undefined && code.used_at === null && desk.now() < code.expires_at;
  const has = open || (await secrets.applicationPassword(found.id)) !== undefined;
  return has ? { outcome: 'nothing-to-do' } : owner;
}

async function inviteOne(desk: Desk, signed: SignedOperator, owner: Owner, begun: number): Promise<Came> {
  const [invitation] = await inviteUsers(desk, signed, [owner], begun);
  return { outcome: invitation?.state === 'given-up' ? 'not-sent' : 'invited', invitation };
}

/** What a single invitation is refused for is what came of this row. */
async function unlessKept<T>(work: () => Promise<T>): Promise<T | Came> {
  try {
    return await work();
  } catch (error) {
    const [, outcome] = /^invite-(.+)/.exec((isRefusal(error) && error.because?.reason) || '') ?? [];
    if (outcome === undefined) throw error;
    return { outcome };
  }
}

async function begin(desk: Desk, signed: SignedOperator, people: readonly Owner[], confirm: number | undefined) {
  const count = people.length;
  if (confirm === undefined) throw refusal('missing-option', 'invite-number', { count }, 'give-number');
  if (confirm !== count) throw refusal('invalid-input', 'invite-other-number', { confirm, count }, 'give-number');
  await act(desk, signed, INVITING_MANY, {
    change: async ({ write, now }) => {
      const { deskBulkOver: most } = desk.policy.limits.approval;
      const runs = await vouchedFor(write.audit, desk.notary, { kind: 'account.invited', since: now - days(1) }, most);
      const before = runs.reduce((sum, { body }) => sum + Number(JSON.parse(body).detail.people), 0);
      const facts = { count, before, most };
      if (before + count > most) throw refusal('refused-by-policy', 'invite-many', facts, 'fewer-invited');
    },
    entry: () =>
      [...grouped(people, ({ account }) => account.id)].map(([account, own]) => {
        return { kind: 'account.invited', account, detail: { people: own.length } } as const;
      }),
  });
}
