/** `portal mfa …`: a user's sign-in methods, and the company-wide switch for admins (B30–B42). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { methodIds, methods } from '../../procedures/codes/methods.js';
import { listFactors, removeFactor } from '../../procedures/factors/manage-factors.js';
import { requireMfa } from '../../procedures/factors/require-mfa.js';
import { whoOf } from '../../procedures/portal/customer-login.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { endedFields, endedLines } from './ended-trust.js';
import { commands as backupCodes } from './portal-backup-codes.js';
import { enrol, notAskedYet } from './portal-enrolment.js';
import { optionsOf, PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession } from './portal-session.js';

const list = command({
  path: 'portal mfa list',
  summary: 'list your sign-in methods',
  examples: ['countersign portal mfa list --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const own = await listFactors(desk, login);
      const { required, factors, backupCodesLeft, backupCodesMade, devices } = own;
      return {
        view: [
          block.table(
            ['method', 'to', 'state', 'id'],
            factors.map((row) => [row.title, row.to ?? '', row.state === 'pending' ? 'half done' : row.state, row.id]),
            'No sign-in methods are set up.',
          ),
          block.fields(
            ['Required by your company', required ? 'yes' : 'no'],
            ['Backup codes left', `${backupCodesLeft} of ${backupCodesMade}`],
            ['Remembered devices', String(devices)],
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
  summary: 'set up a second sign-in method',
  examples: [
    'countersign portal mfa add totp --account 100234 --as ana',
    'countersign portal mfa add totp --account 100234 --as ana --code 123456   (the first code, from a script)',
    'countersign portal mfa add totp --account 100234 --as ana --replace fac_…   (a new phone)',
  ],
  access: 'anyone',
  arguments: [{ name: '<method>', about: methods.map(({ id, title }) => `${id}: ${title}`).join('; ') }],
  options: [
    ...PORTAL_OPTIONS.filter(({ flags }) => !flags.startsWith('--code')),
    { flags: '--code <code>', about: 'the first code of the method that is being set up' },
    { flags: '--replace <id>', about: 'id of the method that it replaces' },
    { flags: '--enrolment-code <code>', about: 'the mailed code that you need after a reset' },
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
        const notYet = notAskedYet(login);
        const lines = [
          `Set up: ${factor.title}.`,
          ...notYet.map(({ message }) => message),
          ...(finished ? ['Your login is finished.'] : []),
          ...endedLines(factor.ended),
        ];
        return {
          view: [
            block.lines(...lines),
            block.next(`countersign portal mfa backup-codes ${optionsOf(whoOf(login))}   (in case you lose it)`),
          ],
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
  summary: 'remove one of your sign-in methods',
  examples: ['countersign portal mfa remove fac_… --account 100234 --as ana'],
  access: 'anyone',
  arguments: [{ name: '<id>', about: 'id of the method, see portal mfa list' }],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), id: z.string() }),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const removed = await removeFactor(desk, login, given.id);
      return {
        view: [block.lines(`Removed: ${removed.title}.`, ...endedLines(removed))],
        document: { factor: { id: removed.id, kind: removed.kind, state: 'removed' }, ...endedFields(removed) },
      };
    }),
});

const ADVICE = {
  'sso-and-mfa':
    'Your company signs in by single sign-on, whose logins are not asked for a code. Consider whether you need both.',
} as const;

const require = command({
  path: 'portal mfa require',
  summary: 'require a second factor of everyone in your company, or stop requiring it (admins)',
  examples: ['countersign portal mfa require on --account 100234 --as ana'],
  access: 'anyone',
  arguments: [
    { name: '<switch>', about: 'on or off' },
    { name: '[user]', about: 'not allowed: MFA is required of the whole company or of nobody' },
  ],
  options: PORTAL_OPTIONS,
  input: () => z.object({ ...portalShape(), switch: z.string(), user: z.string().optional() }),
  run: async (context, given) => {
    if (given.user !== undefined || !['on', 'off'].includes(given.switch)) throw forOneUser(given.user ?? given.switch);
    return openSession(context, given, async ({ desk, login }) => {
      const done = await requireMfa(desk, login, given.switch === 'on');
      const { required, unchanged, warnings, withoutFactor } = done;
      const company = login.account.name;
      const said = `Multi-factor authentication is ${required ? 'required' : 'not required'} at ${company}${unchanged ? ', as before' : ''}.`;
      const waiting = `${withoutFactor} ${withoutFactor === 1 ? 'person has' : 'people have'} no method yet and will set one up at the next login.`;
      return {
        view: [
          block.lines(said, ...(required ? [waiting] : []), ...endedLines(done)),
          ...warnings.map((code) => block.note(ADVICE[code])),
        ],
        document: {
          mfa: { required, unchanged, withoutFactor, ...endedFields(done) },
          warnings: warnings.map((code) => ({ code, message: ADVICE[code] })),
        },
      };
    });
  },
});

/** MFA cannot be required of one user only (B32), and somebody who tries must be told so. */
const forOneUser = (given: string): Refusal =>
  new Refusal(
    'usage',
    `"${given}": a second factor is required of the whole company or of nobody, not of single users`,
    {
      hint: 'Write: countersign portal mfa require on   (or off)',
    },
  );

export const commands: readonly Command[] = [list, add, remove, ...backupCodes, require];
