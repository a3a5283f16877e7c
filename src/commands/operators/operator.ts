/** `operator …`: people and scripts of the desk, and their tokens (B70, B71). */

import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { findUser } from '../../procedures/directory/find-account.js';
import { changeOperator } from '../../procedures/operators/change-operator.js';
import { addOperator, MANAGE_OPERATORS, readOperatorRole } from '../../procedures/operators/make-operator.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { recoveryCommands } from './operator-recovery.js';
import { start } from './operator-start.js';
import { tokenCommands } from './operator-token.js';
import { startBlocks, startDocument } from './start-view.js';

const add = command({
  path: 'operator add',
  access: 'operator:manage',
  arguments: ['<name>'],
  options: ['--role <role>', '--email <address>', '--no-password', '--is-user <account/login>'],
  input: () =>
    z.object({
      name: z.string(),
      role: z.string(),
      email: z.string().optional(),
      password: z.boolean().default(true),
      isUser: z.string().optional(),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    const signed = context.operator();
    await askAuthority(desk, signed, MANAGE_OPERATORS);
    const role = readOperatorRole(given.role);
    const alsoUserId = given.isUser === undefined ? null : (await findUser(desk, given.isUser)).user.id;
    const email = given.email ?? null;
    const wish = { name: given.name, role, email, starts: given.password, alsoUserId };
    const { id, name, start, mail } = await addOperator(desk, signed, wish);
    return {
      view: [block.lines(`Added ${name} (${role}).`), ...startBlocks(name, start, mail)],
      document: { operator: { id, name, role, email }, ...startDocument(start, mail) },
    };
  },
});

const list = command({
  path: 'operator list',
  access: 'operator:manage',
  input: () => z.object({}),
  run: async (context) => {
    const { read } = (await context.desk()).store;
    const [rows, emails] = [await read.operators.all(), await read.lifeCycle.emails()];
    return {
      view: [
        block.table(
          ['name', 'role', 'state', 'e-mail', 'id'],
          rows.map((row) => [row.name, row.role, stateOf(row), emails.get(row.id) ?? '', row.id]),
          'No operators.',
        ),
      ],
      document: {
        operators: rows.map((row) => ({ ...documentOf(row), email: emails.get(row.id) ?? null })),
      },
    };
  },
});

type Listed = Awaited<ReturnType<Desk['store']['read']['operators']['all']>>[number];

const documentOf = (row: Listed) => ({
  id: row.id,
  name: row.name,
  role: row.role,
  disabledAt: iso(row.disabled_at),
  language: row.language,
  createdAt: iso(row.created_at),
  totp: row.totp !== null,
});

const stateOf = (row: { readonly disabled_at: number | null }): string =>
  row.disabled_at === null ? 'active' : 'disabled';

const edit = command({
  path: 'operator edit',
  access: 'operator:manage',
  arguments: ['<name>'],
  options: [
    '--role <role>',
    '--email <address>',
    '--language <code>',
    '--is-user <account/login>',
    '--is-no-user',
    '--enable',
    '--unlock',
  ],
  input: () =>
    z.object({
      name: z.string(),
      role: z.string().optional(),
      email: z.string().optional(),
      language: z.string().optional(),
      isUser: z.string().optional(),
      isNoUser: z.boolean().default(false),
      enable: z.boolean().default(false),
      unlock: z.boolean().default(false),
    }),
  run: async (context, given) => {
    const { isUser, isNoUser } = given;
    if (isUser !== undefined && isNoUser) throw new Refusal('usage', '--is-user and --is-no-user exclude each other');
    const told = [given.role, given.email, given.language, isUser].some((one) => one !== undefined);
    if (!told && !given.enable && !given.unlock && !isNoUser)
      throw new Refusal(
        'missing-option',
        'missing: --role, --email, --language, --is-user, --is-no-user, --enable or --unlock',
        {
          hint: `Example: countersign operator edit ${given.name} --role lead`,
        },
      );
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), MANAGE_OPERATORS);
    const { operator, start, unlocked, ...ended } = await changeOperator(desk, context.operator(), given.name, {
      ...(given.role === undefined ? {} : { role: readOperatorRole(given.role) }),
      ...(given.email === undefined ? {} : { email: given.email }),
      ...(given.language === undefined ? {} : { language: given.language }),
      ...(isUser === undefined ? {} : { customer: (await findUser(desk, isUser)).user.id }),
      ...(isNoUser ? { customer: null } : {}),
      ...(given.enable ? { disabled: false } : {}),
      unlock: given.unlock,
    });
    const lock = given.unlock
      ? [unlocked ? `${operator.name} is unlocked.` : `${operator.name} was not locked out.`]
      : [];
    return {
      view: [
        block.lines(`Changed ${operator.name}. Ended: ${ended.sessions} sessions, ${ended.tokens} tokens.`, ...lock),
        ...startBlocks(operator.name, start, null),
      ],
      document: {
        operator: { ...operator, role: given.role ?? operator.role },
        ended,
        ...(given.unlock ? { unlocked } : {}),
        ...startDocument(start),
      },
    };
  },
});

const disable = command({
  path: 'operator disable',
  access: 'operator:manage',
  arguments: ['<name>'],
  input: () => z.object({ name: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const change = { disabled: true };
    const { operator, sessions, tokens } = await changeOperator(desk, context.operator(), given.name, change);
    return {
      view: [block.lines(`Disabled ${operator.name}. Ended: ${sessions} sessions, ${tokens} tokens.`)],
      document: { operator: { id: operator.id, name: operator.name, disabled: true }, ended: { sessions, tokens } },
    };
  },
});

export const commands: readonly Command[] = [add, start, list, edit, disable, ...recoveryCommands, ...tokenCommands];
