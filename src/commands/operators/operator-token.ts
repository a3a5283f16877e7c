/** `operator token …`: tokens for scripts; each has a role and expires (B70). */
import * as z from 'zod';
import { readOperatorRole } from '../../procedures/operators/make-operator.js';
import { createToken, revokeToken } from '../../procedures/operators/operator-tokens.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block, localMinute, moments, pick } from '../wording/results.js';
import { tokenBlocks } from './init.js';

const tokenCreate = command({
  path: 'operator token create',
  access: 'operator:manage',
  arguments: ['[name]'],
  options: ['--role <role>', '--label <text>', '--expires <when>'],
  own: () => ({ label: z.string().default('script') }),
  run: async ({ context, desk, signed, words }, given) => {
    const role = given.role === undefined ? undefined : readOperatorRole(given.role);
    const wish = { owner: given.name ?? signed.operator.id, role, label: given.label, expires: given.expires };
    const { token, owner } = await createToken(desk, signed, wish);
    const title = words.term('roleTitle', token.role);
    const made = words('staff.token-made', { id: token.id, name: owner.name, role: title });
    return {
      ...(context.options.quiet ? { raw: `${token.token}\n` } : {}),
      view: [block.lines(made), ...tokenBlocks(token, words)],
      document: {
        token: token.token,
        ...moments(token, 'expiresAt'),
        ...pick(token, 'id', 'role'),
        operator: pick(owner, 'id', 'name'),
      },
    };
  },
});

const tokenList = command({
  path: 'operator token list',
  access: 'operator:manage',
  run: async ({ desk, words }) => {
    const [tokens, operators] = [await desk.store.read.operators.tokens(), await desk.store.read.operators.all()];
    const nameOf = (id: string) => operators.find((operator) => operator.id === id)?.name ?? id;
    const stateOf = (row: (typeof tokens)[number]) =>
      row.revoked_at !== null ? 'revoked' : desk.now() >= row.expires_at ? 'expired' : 'live';
    return {
      view: [
        block.table(
          words.all('mfa.id', 'staff.operator', 'approval.col-role', 'approval.col-for', 'mfa.state', 'staff.expires'),
          tokens.map((row) => [
            row.id,
            nameOf(row.operator_id),
            words.term('roleTitle', row.role),
            row.name,
            words.term('tokenState', stateOf(row)),
            localMinute(row.expires_at),
          ]),
          words('staff.no-tokens'),
        ),
      ],
      document: {
        tokens: tokens.map((row) => ({
          id: row.id,
          operator: nameOf(row.operator_id),
          role: row.role,
          label: row.name,
          state: stateOf(row),
          madeBy: row.made_by === null ? null : nameOf(row.made_by),
          expiresAt: iso(row.expires_at),
        })),
      },
    };
  },
});

const tokenRevoke = command({
  path: 'operator token revoke',
  access: 'operator:manage',
  arguments: ['<id>'],
  run: async ({ desk, signed, words }, { id }) => {
    await revokeToken(desk, signed, id);
    return { view: [block.lines(words('staff.revoked', { id }))], document: { token: { id, revoked: true } } };
  },
});

export const tokenCommands: readonly Command[] = [tokenCreate, tokenList, tokenRevoke];
