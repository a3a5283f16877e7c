/** `portal team …`: an admin manages the privileges of the company's users (B16), and finds a successor (B84). */
import { HANDING_OVER, passOn } from '../../procedures/exits/hand-over.js';
import { grantScope, listTeam, revokeScope, type ScopeChange } from '../../procedures/portal/customer-scopes.js';
import { iso } from '../../rules/moment.js';
import type { User } from '../../rules/people.js';
import type { Command } from '../command.js';
import { block, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { portalCommand } from './portal-session.js';

const list = portalCommand({
  path: 'portal team list',
  run: async ({ desk, login, words }) => {
    const team = await listTeam(desk, login);
    return {
      view: [
        block.table(
          words.all('team.login', 'team.name', 'team.role', 'team.privileges'),
          team.map((user) => [
            user.login,
            user.name,
            user.disabledAt === null
              ? words.term('roleTitle', user.role)
              : words('team.disabled', { roleTitle: user.role }),
            user.scopes.join(' '),
          ]),
          words('team.nobody'),
        ),
      ],
      document: { team: team.map(memberDocument) },
    };
  },
});

const change = (verb: 'grant' | 'revoke') =>
  portalCommand({
    path: `portal team ${verb}`,
    arguments: ['<login>', '<scope>'],
    run: async ({ desk, login, words }, given) => {
      const done = await (verb === 'grant' ? grantScope : revokeScope)(desk, login, given.login, given.scope);
      const { user, roleBefore, outcome, grantsEnded } = done;
      return {
        view: viewOf(done, given.scope, verb === 'grant' ? 'given' : 'taken', words),
        document: { privilege: { scope: given.scope, outcome, user: memberDocument(user), roleBefore, grantsEnded } },
      };
    },
  });

function viewOf(done: ScopeChange, scope: string, how: 'given' | 'taken', words: Words) {
  const { outcome, user, roleBefore, grantsEnded } = done;
  const { name, login, role, scopes } = user;
  const held = scopes.length === 0 ? words('team.no-privileges') : scopes;
  if (outcome === 'nothing-to-do') return [block.lines(words('team.nothing', { name, login, held }))];
  const lines = [words(`team.${how}`, { scope, name, login, held })];
  if (role !== roleBefore) lines.push(words('team.now-a', { name, role: words(`call.role-${role}`) }));
  if (grantsEnded > 0) lines.push(words('team.grants-ended', { count: grantsEnded }));
  const becameAdmin = user.role !== roleBefore && user.role === 'secondary-admin';
  return [block.lines(...lines), ...(becameAdmin ? [block.next(words('team.sets-passphrase', { login }))] : [])];
}

const memberDocument = (user: User) => ({
  ...pick(user, 'id', 'login', 'name', 'role', 'scopes'),
  ...moments(user, 'disabledAt'),
});

const passing = (verb: 'promote' | 'hand-over') =>
  portalCommand({
    path: `portal team ${verb}`,
    arguments: ['<login>'],
    door: HANDING_OVER,
    run: async ({ desk, login, words }, given) => {
      const done = await passOn(desk, login, given.login, verb);
      const { name, login: who, role, powerHeldUntil: until } = done.user;
      const lines = [
        words('team.is-now', { name, login: who, roleTitle: role }),
        ...(until === null ? [] : [words('team.held-until', { until })]),
        ...(verb === 'promote' ? [] : [words('team.plain-now')]),
      ];
      return {
        view: [block.lines(...lines)],
        document: {
          admin: { user: memberDocument(done.user), roleBefore: done.roleBefore, powerHeldUntil: iso(until) },
        },
      };
    },
  });

export const commands: readonly Command[] = [
  list,
  change('grant'),
  change('revoke'),
  passing('promote'),
  passing('hand-over'),
];
