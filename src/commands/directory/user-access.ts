/** `user disable`, `enable`, `unlock` and `invite`: whether a login can be used. The desk never sets or sees a password. */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { switchUser } from '../../procedures/directory/disable-customer.js';
import { seenAfterAct } from '../../procedures/directory/see-people.js';
import { unlockCaller } from '../../procedures/directory/unlock-caller.js';
import { type InvitedRow, inviteMany } from '../../procedures/portal/invite-many.js';
import { type Invitation, inviteUsers } from '../../procedures/portal/invite-user.js';
import { foundRows } from '../../procedures/resets/plan-reset.js';
import type { Owner } from '../../rules/people.js';
import type { FoundRow } from '../../rules/reset-plan.js';
import { askDisable } from '../ask.js';
import { type Command, command, type Operated } from '../command.js';
import { block, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { userDocument } from './customer-view.js';
import { confirmed } from './import-plan.js';
import { givenUser } from './listing-arguments.js';
import { PEOPLE_OPTIONS, readPeople } from './people-list.js';
import { tableInput } from './table-options.js';

const whoOf = ({ account, user }: Owner): string => `${account.number}/${user.login}`;

const switching = (word: 'disable' | 'enable') =>
  command({
    path: `user ${word}`,
    access: 'directory:write',
    arguments: ['<user>'],
    options: ['--account <account>', '--reason <text>'],
    run: async ({ context, desk, signed, words }, given) => {
      const found = await givenUser(desk, given.user, given.account);
      const on = word === 'enable';
      const reason = on
        ? given.reason
        : await askDisable(context, `${whoOf(found)} (${found.user.name})`, given.reason);
      const changed = await switchUser(desk, signed, found, { on, reason });
      const after = await givenUser(desk, found.user.id, undefined);
      const facts = { who: whoOf(found), changed: String(changed), switched: `${word}d` };
      return {
        view: [block.lines(words('directory.switched-now', facts))],
        document: { user: userDocument(await seenAfterAct(desk, signed, after)), changed },
      };
    },
  });

const unlock = command({
  path: 'user unlock',
  access: 'user:unlock',
  arguments: ['<user>'],
  options: ['--account <account>', '--reason <text>'],
  own: () => ({ reason: z.string() }),
  run: async ({ desk, signed, words }, given) => {
    const found = await givenUser(desk, given.user, given.account);
    const lifted = await unlockCaller(desk, signed, found, given.reason);
    const key = lifted.length === 0 ? 'directory.not-locked' : 'directory.unlocked';
    const line = words(key, { who: whoOf(found), lockSubject: lifted });
    const person = await seenAfterAct(desk, signed, found);
    return { view: [block.lines(line)], document: { user: userDocument(person), lifted } };
  },
});

const invite = command({
  path: 'user invite',
  access: 'user:invite',
  arguments: ['[users...]'],
  options: [...PEOPLE_OPTIONS, '--confirm <n>'],
  own: tableInput,
  run: async (at, given) => {
    const { context, desk, signed, words } = at;
    if (given.users.length === 0 || given.all || given.from !== undefined) {
      const list = await readPeople(context, desk, { ...given, keepCells: false }, 'countersign help user invite');
      return invitedList(at, await foundRows(desk, { ...list, signal: context.signal }), given.confirm);
    }
    const found: Owner[] = [];
    for (const user of given.users) found.push(await givenUser(desk, user, given.account));
    const invitations = await inviteUsers(desk, signed, found);
    const failed = invitations.filter(({ state }) => state === 'given-up').length;
    const document = { invitations: invitations.map(invitedDocument) };
    const lines = invitations.map((one) => invitedLine(one, words));
    if (failed === invitations.length) {
      const problems = lines.map((message) => ({ message }));
      throw refusal('delivery-failed', 'nobody-invited', {}, 'see-why-refused', { problems, also: document });
    }
    return { view: [block.lines(...lines)], document, ...(failed > 0 ? { exit: 4 } : {}) };
  },
});

/** Nobody has to see to these. */
const IDLE = ['nothing-to-do', 'duplicate', 'disabled', 'sso', 'address-new'];

async function invitedList({ context, desk, signed, words }: Operated, rows: readonly FoundRow[], given?: number) {
  if (rows.length === 0) throw refusal('invalid-input', 'list-empty', {}, 'nothing-changed');
  const done: InvitedRow[] = [];
  const run = async (confirm?: number) => {
    const progress = context.progress(words('directory.inviting'), rows.length);
    try {
      for await (const row of inviteMany(desk, signed, rows, confirm)) {
        done.push(row);
        progress.step(1);
        const sent = row.invitation && sentDocument(row.invitation);
        await context.row({ ...pick(row, 'line', 'account', 'login', 'outcome'), ...sent });
        if (context.signal.aborted) break;
      }
    } finally {
      progress.done();
    }
  };
  await confirmed(context, given, run, 'directory.type-invited');
  const [invited, idle] = [['invited'], IDLE].map((some) => done.filter((row) => some.includes(row.outcome)).length);
  const counts = { invited, idle, failed: rows.length - Number(invited) - Number(idle) };
  const lines = done.map(({ account, login, outcome, invitation }) =>
    invitation
      ? invitedLine(invitation, words)
      : words('directory.not-invited', { who: account ? `${account}/${login}` : login, notInvited: outcome }),
  );
  const view = [block.lines(...lines), block.blank, block.lines(words('directory.invited-many', counts))];
  if (done.length < rows.length) {
    await context.print({ view: [block.lines(...lines)], document: null, streamed: true });
    throw refusal('cancelled', 'run-interrupted', { done: done.length, total: rows.length }, 'try-again');
  }
  await context.row({ counts });
  return { view, document: null, streamed: true, exit: counts.failed > 0 ? 4 : 0 };
}

function invitedLine(one: Invitation, words: Words): string {
  const { sentTo: to, address, messageId: id, expiresAt: until, state } = one;
  return words('directory.invited', { who: whoOf(one), state, to, address, id, until });
}

const sentDocument = (invitation: Invitation) => ({
  ...pick(invitation, 'sentTo', 'address', 'messageId', 'state'),
  ...moments(invitation, 'expiresAt'),
});

const invitedDocument = (invitation: Invitation) => ({
  user: pick(invitation.user, 'id', 'login', 'name'),
  account: pick(invitation.account, 'id', 'number'),
  ...sentDocument(invitation),
});

export const commands: readonly Command[] = [switching('disable'), switching('enable'), unlock, invite];
