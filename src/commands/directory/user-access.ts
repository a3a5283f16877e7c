/** `user disable`, `enable`, `unlock` and `invite`: whether a login can be used. The desk never sets or sees a password. */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { switchUser } from '../../procedures/directory/disable-customer.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';
import { seenAfterAct } from '../../procedures/directory/see-people.js';
import { unlockCaller } from '../../procedures/directory/unlock-caller.js';
import { type Invitation, inviteUsers } from '../../procedures/portal/invite-user.js';
import { askDisable } from '../ask.js';
import { type Command, command } from '../command.js';
import { block, moments, pick } from '../wording/results.js';
import { userDocument } from './customer-view.js';
import { givenUser } from './listing-arguments.js';

const whoOf = ({ account, user }: FoundUser): string => `${account.number}/${user.login}`;

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
  arguments: ['<users...>'],
  options: ['--account <account>'],
  run: async ({ desk, signed, words }, given) => {
    const found: FoundUser[] = [];
    for (const user of given.users) found.push(await givenUser(desk, user, given.account));
    const invitations = await inviteUsers(desk, signed, found);
    const failed = invitations.filter(({ state }) => state === 'given-up').length;
    const document = { invitations: invitations.map(invitedDocument) };
    const lines = invitations.map((one) => {
      const { sentTo: to, address, messageId: id, expiresAt: until, state } = one;
      return words('directory.invited', { who: whoOf(one), state, to, address, id, until });
    });
    if (failed === invitations.length) {
      const problems = lines.map((message) => ({ message }));
      throw refusal('delivery-failed', 'nobody-invited', {}, 'see-why-refused', { problems, also: document });
    }
    return { view: [block.lines(...lines)], document, ...(failed > 0 ? { exit: 4 } : {}) };
  },
});

const invitedDocument = (invitation: Invitation) => ({
  user: pick(invitation.user, 'id', 'login', 'name'),
  account: pick(invitation.account, 'id', 'number'),
  ...pick(invitation, 'sentTo', 'address', 'messageId', 'state'),
  ...moments(invitation, 'expiresAt'),
});

export const commands: readonly Command[] = [switching('disable'), switching('enable'), unlock, invite];
