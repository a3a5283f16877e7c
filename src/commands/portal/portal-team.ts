/** `portal team …`: an admin manages the privileges of the company's users (B16), and finds a successor (B84). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { HANDING_OVER, handOver, promote } from '../../procedures/exits/hand-over.js';
import { grantScope, listTeam, revokeScope, type ScopeChange } from '../../procedures/portal/customer-scopes.js';
import { iso } from '../../rules/moment.js';
import type { User } from '../../rules/people.js';
import type { View } from '../../terminal/render.js';
import { type Command, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { freshSession, openSession } from './portal-session.js';

const list = command({
  path: 'portal team list',
  summary: 'list the users of your company and what they may request',
  examples: ['countersign portal team list --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const team = await listTeam(desk, login);
      return {
        view: [
          block.table(
            ['login', 'name', 'role', 'privileges'],
            team.map((user) => [
              user.login,
              user.name,
              user.disabledAt === null ? user.role : `${user.role} (disabled)`,
              user.scopes.join(' '),
            ]),
            'Nobody.',
          ),
        ],
        document: { team: team.map(memberDocument) },
      };
    }),
});

const grant = command({
  path: 'portal team grant',
  summary: 'grant a privilege to a user; the first one makes a secondary admin',
  examples: [
    'countersign portal team grant sue billing --account 100234 --as ana',
    'countersign portal team grant sue billing:inquiry --account 100234 --as ana',
  ],
  access: 'anyone',
  arguments: [
    { name: '<login>', about: 'login, id or unique e-mail of a user of your company' },
    { name: '<scope>', about: 'a category (billing) or one action (billing:inquiry)' },
  ],
  options: PORTAL_OPTIONS,
  input: () => z.object({ login: z.string(), scope: z.string(), ...portalShape() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) =>
      changed(await grantScope(desk, login, given.login, given.scope), given.scope, 'given'),
    ),
});

const revoke = command({
  path: 'portal team revoke',
  summary: 'revoke a privilege, even during a call; losing the last one makes a plain user',
  examples: ['countersign portal team revoke sue billing --account 100234 --as ana'],
  access: 'anyone',
  arguments: [
    { name: '<login>', about: 'login, id or unique e-mail of a user of your company' },
    { name: '<scope>', about: 'the privilege, as countersign portal team list shows it' },
  ],
  options: PORTAL_OPTIONS,
  input: () => z.object({ login: z.string(), scope: z.string(), ...portalShape() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) =>
      changed(await revokeScope(desk, login, given.login, given.scope), given.scope, 'taken away'),
    ),
});

function changed(change: ScopeChange, scope: string, how: 'given' | 'taken away'): Result {
  const { user, roleBefore, outcome, grantsEnded } = change;
  return {
    view: viewOf(change, scope, how),
    document: { privilege: { scope, outcome, user: memberDocument(user), roleBefore, grantsEnded } },
  };
}

function viewOf(
  { outcome, user, roleBefore, grantsEnded }: ScopeChange,
  scope: string,
  how: 'given' | 'taken away',
): View {
  const held = user.scopes.length === 0 ? 'no privileges' : user.scopes.join(', ');
  if (outcome === 'nothing-to-do') return [block.lines(`Nothing to do. ${user.name} (${user.login}) holds: ${held}.`)];
  const lines = [`${scope} is ${how}. ${user.name} (${user.login}) holds: ${held}.`];
  if (user.role !== roleBefore) lines.push(`${user.name} is now a ${user.role.replace('-', ' ')}.`);
  if (grantsEnded > 0) lines.push(`Calls under way that were verified before: ${grantsEnded} ended.`);
  const becameAdmin = user.role !== roleBefore && user.role === 'secondary-admin';
  return [
    block.lines(...lines),
    ...(becameAdmin
      ? [block.next(`${user.login} sets a passphrase before calling: countersign portal passphrase set`)]
      : []),
  ];
}

const memberDocument = ({ id, login, name, role, scopes, disabledAt }: User) => ({
  id,
  login,
  name,
  role,
  scopes,
  disabledAt: iso(disabledAt),
});

const passing = (verb: 'promote' | 'hand-over') =>
  command({
    path: `portal team ${verb}`,
    summary:
      verb === 'promote'
        ? 'make a user an admin beside you (X Series)'
        : 'hand your role over to another user; you become a plain user',
    examples: [`countersign portal team ${verb} sue --account 100241 --as ana`],
    access: 'anyone',
    arguments: [{ name: '<login>', about: 'login, id or unique e-mail of a user of your company' }],
    options: PORTAL_OPTIONS,
    input: () => z.object({ login: z.string(), ...portalShape() }),
    run: (context, given) =>
      freshSession(context, given, HANDING_OVER, async ({ desk, login }) => {
        if (verb === 'hand-over' && context.ask.possible && !context.options.yes) {
          const prompts = await context.ask.prompts('--yes');
          const message = `Hand your role over to ${given.login}? You become a plain user at once.`;
          if (!(await prompts.confirm({ message }))) throw new Refusal('cancelled', 'nothing was changed');
        }
        const done = await (verb === 'promote' ? promote : handOver)(desk, login, given.login);
        const until = done.user.powerHeldUntil;
        const lines = [
          `${done.user.name} (${done.user.login}) is now ${done.user.role}.`,
          ...(until === null ? [] : [`Until ${localMinute(until)} this login can do nothing to others.`]),
          ...(verb === 'promote' ? [] : ['You are a plain user now.']),
        ];
        return {
          view: [block.lines(...lines)],
          document: {
            admin: { user: memberDocument(done.user), roleBefore: done.roleBefore, powerHeldUntil: iso(until) },
          },
        };
      }),
  });

export const commands: readonly Command[] = [list, grant, revoke, passing('promote'), passing('hand-over')];
