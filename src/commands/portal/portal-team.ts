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
import { type Words, wordsOf } from '../wording/words.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { freshSession, openSession } from './portal-session.js';

const list = command({
  path: 'portal team list',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      const team = await listTeam(desk, login);
      return {
        view: [
          block.table(
            (['login', 'name', 'role', 'privileges'] as const).map((name) => words(`team.${name}`)),
            team.map((user) => [
              user.login,
              user.name,
              user.disabledAt === null ? user.role : words('team.disabled', { role: user.role }),
              user.scopes.join(' '),
            ]),
            words('team.nobody'),
          ),
        ],
        document: { team: team.map(memberDocument) },
      };
    }),
});

const grant = command({
  path: 'portal team grant',
  access: 'anyone',
  arguments: ['<login>', '<scope>'],
  options: PORTAL_OPTIONS,
  input: () => z.object({ login: z.string(), scope: z.string(), ...portalShape() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) =>
      changed(await grantScope(desk, login, given.login, given.scope), given.scope, 'given', wordsOf(context)),
    ),
});

const revoke = command({
  path: 'portal team revoke',
  access: 'anyone',
  arguments: ['<login>', '<scope>'],
  options: PORTAL_OPTIONS,
  input: () => z.object({ login: z.string(), scope: z.string(), ...portalShape() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) =>
      changed(await revokeScope(desk, login, given.login, given.scope), given.scope, 'taken', wordsOf(context)),
    ),
});

function changed(change: ScopeChange, scope: string, how: 'given' | 'taken', words: Words): Result {
  const { user, roleBefore, outcome, grantsEnded } = change;
  return {
    view: viewOf(change, scope, how, words),
    document: { privilege: { scope, outcome, user: memberDocument(user), roleBefore, grantsEnded } },
  };
}

function viewOf(
  { outcome, user, roleBefore, grantsEnded }: ScopeChange,
  scope: string,
  how: 'given' | 'taken',
  words: Words,
): View {
  const { name, login, role, scopes } = user;
  const held = scopes.length === 0 ? words('team.no-privileges') : scopes;
  if (outcome === 'nothing-to-do') return [block.lines(words('team.nothing', { name, login, held }))];
  const lines = [words(`team.${how}`, { scope, name, login, held })];
  if (role !== roleBefore) lines.push(words('team.now-a', { name, role: words(`call.role-${role}`) }));
  if (grantsEnded > 0) lines.push(words('team.grants-ended', { count: grantsEnded }));
  const becameAdmin = user.role !== roleBefore && user.role === 'secondary-admin';
  return [block.lines(...lines), ...(becameAdmin ? [block.next(words('team.sets-passphrase', { login }))] : [])];
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
    access: 'anyone',
    arguments: ['<login>'],
    options: PORTAL_OPTIONS,
    input: () => z.object({ login: z.string(), ...portalShape() }),
    run: (context, given) =>
      freshSession(context, given, HANDING_OVER, async ({ desk, login }) => {
        const words = wordsOf(context);
        if (verb === 'hand-over' && context.ask.possible && !context.options.yes) {
          const prompts = await context.ask.prompts('--yes');
          const message = words('team.hand-over', { login: given.login });
          if (!(await prompts.confirm({ message })))
            throw new Refusal('cancelled', words('portal.nothing-was-changed'));
        }
        const done = await (verb === 'promote' ? promote : handOver)(desk, login, given.login);
        const { name, login: who, role, powerHeldUntil: until } = done.user;
        const lines = [
          words('team.is-now', { name, login: who, role }),
          ...(until === null ? [] : [words('team.held-until', { until })]),
          ...(verb === 'promote' ? [] : [words('team.plain-now')]),
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
