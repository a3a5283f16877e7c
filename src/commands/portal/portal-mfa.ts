/** `portal mfa …`: a user's sign-in methods, and the company-wide switch for admins (B30–B42). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { methodIds, methods } from '../../procedures/codes/methods.js';
import { listFactors, removeFactor } from '../../procedures/factors/manage-factors.js';
import { requireMfa } from '../../procedures/factors/require-mfa.js';
import { whoOf } from '../../procedures/portal/customer-login.js';
import { iso } from '../../rules/moment.js';
import { type Command, type Context, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { wordsOf } from '../wording/words.js';
import { endedFields, endedLines } from './ended-trust.js';
import { commands as backupCodes } from './portal-backup-codes.js';
import { enrol, notAskedYet } from './portal-enrolment.js';
import { optionsOf, PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession } from './portal-session.js';

const list = command({
  path: 'portal mfa list',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      const own = await listFactors(desk, login);
      const { required, factors, backupCodesLeft, backupCodesMade, devices } = own;
      return {
        view: [
          block.table(
            (['method', 'to', 'state', 'id'] as const).map((name) => words(`mfa.${name}`)),
            factors.map(({ kind, to, state, id }) => [
              words.term('factorTitle', kind),
              to ?? '',
              words(`mfa.${state as 'active' | 'pending' | 'suspended'}`),
              id,
            ]),
            words('mfa.none'),
          ),
          block.fields(
            [words('mfa.required'), words(required ? 'mfa.yes' : 'mfa.no')],
            [words('mfa.codes-left'), words('mfa.of', { left: backupCodesLeft, made: backupCodesMade })],
            [words('mfa.devices'), String(devices)],
          ),
        ],
        document: {
          mfa: {
            required,
            factors: factors.map((row) => ({ ...row, confirmedAt: iso(row.confirmedAt) })),
            backupCodesLeft,
            backupCodesMade,
            devices,
          },
        },
      };
    }),
});

const add = command({
  path: 'portal mfa add',
  access: 'anyone',
  arguments: [{ name: '<method>', about: methods.map(({ id, title }) => `${id}: ${title}`).join('; ') }],
  options: [
    ...PORTAL_OPTIONS.filter(({ flags }) => !flags.startsWith('--code')),
    '--code <code>',
    '--replace <id>',
    '--enrolment-code <code>',
  ],
  input: () =>
    z.object({
      ...portalShape(),
      method: z.enum(methodIds, { error: `one of ${methodIds.join(', ')}` }),
      replace: z.string().optional(),
      enrolmentCode: z.string().optional(),
    }),
  run: (context, given) => {
    const { code, enrolmentCode, replace: replaces, method: kind } = given;
    const states = ['done', 'enrolment-needed', 'enrolment-code-needed'] as const;
    const asked = { ...given, code: undefined };
    return openSession(
      context,
      asked,
      async ({ desk, login }) => {
        const factor = await enrol(context, desk, login, { kind, code, enrolmentCode, replaces });
        if ('view' in factor) return factor;
        const finished = login.session.state !== 'done';
        const words = wordsOf(context);
        const notYet = notAskedYet(login, words);
        const command = `countersign portal mfa backup-codes ${optionsOf(whoOf(login))}`;
        const lines = [
          words('mfa.set-up', { factorTitle: kind }),
          ...notYet.map(({ message }) => message),
          ...(finished ? [words('mfa.finished')] : []),
          ...endedLines(factor.ended, words),
        ];
        return {
          view: [block.lines(...lines), block.next(words('mfa.in-case', { command }))],
          document: {
            factor: { id: factor.id, kind, state: 'active' },
            session: { state: factor.login.session.state },
            ...endedFields(factor.ended),
            warnings: notYet,
          },
        };
      },
      states,
    );
  },
});

const remove = command({
  path: 'portal mfa remove',
  access: 'anyone',
  arguments: ['<id>'],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), id: z.string() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const removed = await removeFactor(desk, login, given.id);
      const words = wordsOf(context);
      return {
        view: [block.lines(words('mfa.removed', { factorTitle: removed.kind }), ...endedLines(removed, words))],
        document: { factor: { id: removed.id, kind: removed.kind, state: 'removed' }, ...endedFields(removed) },
      };
    }),
});

const require = command({
  path: 'portal mfa require',
  access: 'anyone',
  arguments: ['<switch>', '[user]'],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), switch: z.string(), user: z.string().optional() }),
  run: async (context, given) => {
    if (given.user !== undefined || !['on', 'off'].includes(given.switch))
      throw forOneUser(context, given.user ?? given.switch);
    return openSession(context, given, async ({ desk, login }) => {
      const done = await requireMfa(desk, login, given.switch === 'on');
      const { required, unchanged, warnings, withoutFactor } = done;
      const words = wordsOf(context);
      const facts = { account: login.account.name, required: String(required), unchanged: String(unchanged) };
      const waiting = required ? [words('mfa.without', { count: withoutFactor })] : [];
      return {
        view: [
          block.lines(words('mfa.require', facts), ...waiting, ...endedLines(done, words)),
          ...warnings.map((code) => block.note(words(`mfa.${code}`))),
        ],
        document: {
          mfa: { required, unchanged, withoutFactor, ...endedFields(done) },
          warnings: warnings.map((code) => ({ code, message: words(`mfa.${code}`) })),
        },
      };
    });
  },
});

/** MFA cannot be required of one user only (B32), and somebody who tries must be told so. */
function forOneUser(context: Context, given: string): Refusal {
  const words = wordsOf(context);
  return new Refusal('usage', words('mfa.not-for-one', { given }), { hint: words('mfa.not-for-one-next') });
}

export const commands: readonly Command[] = [list, add, remove, ...backupCodes, require];
