/** `user disable`, `enable`, `unlock` and `invite`: whether a login can be used. The desk never sets or sees a password. */

import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { switchUser } from '../../procedures/directory/disable-customer.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';
import { seenAfterAct } from '../../procedures/directory/see-people.js';
import { unlockCaller } from '../../procedures/directory/unlock-caller.js';
import { type Invitation, inviteUsers } from '../../procedures/portal/invite-user.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { askDisable } from './ask-disable.js';
import { ACCOUNT_OPTION, givenUser, USER_ARGUMENT } from './given-user.js';
import { subjectWords, userDocument } from './user-view.js';

const whoOf = ({ account, user }: FoundUser): string => `${account.number}/${user.login}`;

const switching = (word: 'disable' | 'enable') =>
  command({
    path: `user ${word}`,
    access: 'directory:write',
    arguments: [USER_ARGUMENT],
    options: [ACCOUNT_OPTION, '--reason <text>'],
    input: () => z.object({ user: z.string(), account: z.string().optional(), reason: z.string().optional() }),
    run: async (context, given) => {
      const desk = await context.desk();
      const found = await givenUser(desk, given.user, given.account);
      const on = word === 'enable';
      const reason = on
        ? given.reason
        : await askDisable(context, `${whoOf(found)} (${found.user.name})`, given.reason);
      const changed = await switchUser(desk, context.operator(), found, { on, reason });
      const after = await givenUser(desk, found.user.id, undefined);
      return {
        view: [block.lines(changed ? `${whoOf(found)} is ${word}d.` : `${whoOf(found)} was already ${word}d.`)],
        document: { user: userDocument(await seenAfterAct(desk, context.operator(), after)), changed },
      };
    },
  });

const unlock = command({
  path: 'user unlock',
  access: 'user:unlock',
  arguments: [USER_ARGUMENT],
  options: [ACCOUNT_OPTION, '--reason <text>'],
  input: () => z.object({ user: z.string(), account: z.string().optional(), reason: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const found = await givenUser(desk, given.user, given.account);
    const lifted = await unlockCaller(desk, context.operator(), found, given.reason);
    const line =
      lifted.length === 0
        ? `${whoOf(found)} was not locked.`
        : `Unlocked ${whoOf(found)}: ${lifted.map(subjectWords).join(', ')}.`;
    const person = await seenAfterAct(desk, context.operator(), found);
    return { view: [block.lines(line)], document: { user: userDocument(person), lifted } };
  },
});

const invite = command({
  path: 'user invite',
  access: 'user:invite',
  arguments: [{ name: '<users...>', about: USER_ARGUMENT.about }],
  options: [ACCOUNT_OPTION],
  input: () => z.object({ users: z.array(z.string()), account: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const found: FoundUser[] = [];
    for (const user of given.users) found.push(await givenUser(desk, user, given.account));
    const invitations = await inviteUsers(desk, context.operator(), found);
    const failed = invitations.filter(({ state }) => state === 'given-up').length;
    const document = { invitations: invitations.map(invitedDocument) };
    if (failed === invitations.length) {
      throw new Refusal('delivery-failed', 'no user was invited: the mail was refused', {
        hint: 'See why: countersign outbox list --state given-up   Then put another address on file.',
        problems: invitations.map((invitation) => ({ message: invitedLine(invitation) })),
        also: document,
      });
    }
    return {
      view: [block.lines(...invitations.map(invitedLine))],
      document,
      ...(failed > 0 ? { exit: 4 } : {}),
    };
  },
});

const STATE_WORDS = {
  delivered: 'sent to',
  queued: 'queued for',
  'given-up': 'could not be sent to',
} as const;

function invitedLine(invitation: Invitation): string {
  const { sentTo, address, messageId, expiresAt, state } = invitation;
  const why =
    address === 'earlier' ? ', the earlier address, because the one on file is too new to reset a password' : '';
  return `${whoOf(invitation)}: invitation ${STATE_WORDS[state]} ${sentTo}${why} (${messageId}), valid until ${localMinute(expiresAt)}.`;
}

const invitedDocument = ({ account, user, sentTo, address, messageId, expiresAt, state }: Invitation) => ({
  user: { id: user.id, login: user.login, name: user.name },
  account: { id: account.id, number: account.number },
  sentTo,
  address,
  messageId,
  state,
  expiresAt: iso(expiresAt),
});

export const commands: readonly Command[] = [switching('disable'), switching('enable'), unlock, invite];
