/** `operator …`: people and scripts of the desk, and their tokens (B70, B71). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { findUser } from '../../procedures/directory/find-account.js';
import { changeOperator } from '../../procedures/operators/change-operator.js';
import { addOperator, MANAGE_OPERATORS, readOperatorRole } from '../../procedures/operators/make-operator.js';
import { iso } from '../../rules/moment.js';
import { askNewSecret } from '../ask-secret.js';
import { type Command, command } from '../command.js';
import { enrolmentBlocks } from './init.js';
import { tokenCommands } from './operator-token.js';

const add = command({
  path: 'operator add',
  summary: 'add an operator',
  examples: [
    'countersign operator add mira --role agent',
    'printf \'%s\\n\' "$PASSWORD" | countersign operator add mira --role lead --password-stdin',
  ],
  access: 'operator:manage',
  arguments: [{ name: '<name>', about: 'name under which the operator signs in' }],
  options: [
    { flags: '--role <role>', about: 'verifier, agent, lead, admin or auditor' },
    { flags: '--password-stdin', about: 'read the first password from standard input' },
    { flags: '--no-password', about: 'for scripts: set no password, only tokens work' },
    {
      flags: '--is-user <account/login>',
      about: 'the customer login of the same person, so that they cannot reset themselves',
    },
  ],
  input: () =>
    z.object({
      name: z.string(),
      role: z.string(),
      passwordStdin: z.boolean().default(false),
      password: z.boolean().default(true),
      isUser: z.string().optional(),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    const signed = context.operator();
    await askAuthority(desk, signed, MANAGE_OPERATORS);
    const role = readOperatorRole(given.role);
    const alsoUserId = given.isUser === undefined ? null : (await findUser(desk, given.isUser)).user.id;
    const password = given.password
      ? await askNewSecret(context, given.passwordStdin, '--password-stdin', `Password for ${given.name}`)
      : null;
    const operator = await addOperator(desk, signed, { name: given.name, role, password, alsoUserId });
    return {
      view: [
        { kind: 'lines', lines: [`Added ${operator.name} (${operator.role}).`] },
        ...(await enrolmentBlocks(operator, context)),
      ],
      document: {
        operator: { id: operator.id, name: operator.name, role: operator.role },
        ...(operator.enrolment === null ? {} : { totp: operator.enrolment }),
      },
    };
  },
});

const list = command({
  path: 'operator list',
  summary: 'list the operators',
  examples: ['countersign operator list', 'countersign operator list --json'],
  access: 'operator:manage',
  input: () => z.object({}),
  run: async (context) => {
    const rows = await (await context.desk()).store.read.operators.all();
    return {
      view: [
        {
          kind: 'table',
          columns: [{ title: 'name' }, { title: 'role' }, { title: 'state' }, { title: 'id' }],
          empty: 'No operators.',
          rows: rows.map((row) => [row.name, row.role, row.disabled_at === null ? 'active' : 'disabled', row.id]),
        },
      ],
      document: {
        operators: rows.map((row) => ({
          id: row.id,
          name: row.name,
          role: row.role,
          disabledAt: iso(row.disabled_at),
          createdAt: iso(row.created_at),
          totp: row.totp !== null,
        })),
      },
    };
  },
});

const edit = command({
  path: 'operator edit',
  summary: "change an operator's role, enable or unlock an operator",
  examples: ['countersign operator edit mira --role lead', 'countersign operator edit mira --unlock'],
  access: 'operator:manage',
  arguments: [{ name: '<name>', about: 'name or id' }],
  options: [
    { flags: '--role <role>', about: 'the new role; sessions and tokens end' },
    { flags: '--enable', about: 'let a disabled operator sign in again' },
    { flags: '--unlock', about: 'lift the lock-out after too many wrong sign-ins' },
  ],
  input: () =>
    z.object({
      name: z.string(),
      role: z.string().optional(),
      enable: z.boolean().default(false),
      unlock: z.boolean().default(false),
    }),
  run: async (context, given) => {
    if (given.role === undefined && !given.enable && !given.unlock)
      throw new Refusal('missing-option', 'missing: --role, --enable or --unlock', {
        hint: `Example: countersign operator edit ${given.name} --role lead`,
      });
    const desk = await context.desk();
    const { operator, enrolment, unlocked, ...ended } = await changeOperator(desk, context.operator(), given.name, {
      ...(given.role === undefined ? {} : { role: readOperatorRole(given.role) }),
      ...(given.enable ? { disabled: false } : {}),
      unlock: given.unlock,
    });
    const lock = given.unlock
      ? [unlocked ? `${operator.name} is unlocked.` : `${operator.name} was not locked out.`]
      : [];
    return {
      view: [
        {
          kind: 'lines',
          lines: [`Changed ${operator.name}. Ended: ${ended.sessions} sessions, ${ended.tokens} tokens.`, ...lock],
        },
        ...(await enrolmentBlocks({ name: operator.name, enrolment }, context)),
      ],
      document: {
        operator: { ...operator, role: given.role ?? operator.role },
        ended,
        ...(given.unlock ? { unlocked } : {}),
        ...(enrolment === null ? {} : { totp: enrolment }),
      },
    };
  },
});

const disable = command({
  path: 'operator disable',
  summary: 'disable an operator: sessions and tokens end at once',
  examples: ['countersign operator disable mira'],
  access: 'operator:manage',
  arguments: [{ name: '<name>', about: 'name or id' }],
  input: () => z.object({ name: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const change = { disabled: true };
    const { operator, sessions, tokens } = await changeOperator(desk, context.operator(), given.name, change);
    return {
      view: [{ kind: 'lines', lines: [`Disabled ${operator.name}. Ended: ${sessions} sessions, ${tokens} tokens.`] }],
      document: { operator: { id: operator.id, name: operator.name, disabled: true }, ended: { sessions, tokens } },
    };
  },
});

export const commands: readonly Command[] = [add, list, edit, disable, ...tokenCommands];
