/**
 * `portal mfa …`: a user's sign-in methods, and the company-wide switch for admins (B30–B42). A script sets a method up in two commands:
 * the first ends with exit 5 and what is needed, the second has `--code` (B31, B34, B57).
 */
import * as z from 'zod';
import { exitOf, Refusal } from '../../errors.js';
import { methodIds, methods } from '../../procedures/codes/methods.js';
import { confirmEnrolment, type EnrolledFactor } from '../../procedures/factors/confirm-factor.js';
import { type BegunEnrolment, beginEnrolment } from '../../procedures/factors/enrol-factor.js';
import { listFactors, newBackupCodes, removeFactor } from '../../procedures/factors/manage-factors.js';
import { requireMfa } from '../../procedures/factors/require-mfa.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import { requireShown } from '../ask.js';
import { type Command, command, type Given, type Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import { block, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { endedFields, endedLines, optionsOf, PORTAL_OPTIONS } from './portal-given.js';
import { type PortalUser, portalCommand, portalSession } from './portal-session.js';

const list = portalCommand({
  path: 'portal mfa list',
  run: async ({ desk, login, words }) => {
    const status = await listFactors(desk, login);
    const { required, factors, backupCodesLeft, backupCodesMade, devices } = status;
    return {
      view: [
        block.table(
          words.all('mfa.method', 'mfa.to', 'mfa.state', 'mfa.id'),
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
          factors: factors.map((row) => ({ ...row, ...moments(row, 'confirmedAt') })),
          ...pick(status, 'backupCodesLeft', 'backupCodesMade', 'devices'),
        },
      },
    };
  },
});

const ADD_OPTIONS = [
  ...PORTAL_OPTIONS.filter(({ flags }) => !flags.startsWith('--code')),
  '--code <code>',
  '--replace <id>',
  '--enrolment-code <code>',
] as const;
const addInput = () => ({ method: z.enum(methodIds) });
type AddGiven = Given<(typeof ADD_OPTIONS)[number], ReturnType<typeof addInput>>;

const ADDING = { lock: 'login', states: ['done', 'enrolment-needed', 'enrolment-code-needed'] } as const;

/** Here `--code` is the first code of the new method, not one that signs in. */
const add = command({
  path: 'portal mfa add',
  access: 'anyone',
  arguments: [{ name: '<method>', about: methods.map(({ id, title }) => `${id}: ${title}`).join('; ') }],
  options: ADD_OPTIONS,
  own: addInput,
  run: ({ context }, given) =>
    portalSession(context, { ...given, code: undefined }, ADDING, (portal) => enrol(portal, given)),
});

async function enrol({ context, desk, login, words }: PortalUser, given: AddGiven): Promise<Result> {
  const { method: kind, code, enrolmentCode, replace: replaces } = given;
  if (code !== undefined)
    return enrolled(login, kind, await confirmEnrolment(desk, login, { kind, code, replaces }), words);
  if (kind === 'totp') requireShown(context);
  const { begun } = await beginEnrolment(desk, login, { kind, enrolmentCode, replaces });
  const options = `${optionsOf(whoOf(login))}${replaces === undefined ? '' : ` --replace ${replaces}`}`;
  return waitingForCode(begun, `countersign portal mfa add ${kind} ${options} --code CODE`, words);
}

function enrolled(login: PortalLogin, kind: AddGiven['method'], factor: EnrolledFactor, words: Words): Result {
  const warnings = notAskedYet(login, words);
  const command = `countersign portal mfa backup-codes ${optionsOf(whoOf(login))}`;
  const lines = [
    words('mfa.set-up', { factorTitle: kind }),
    ...warnings.map(({ message }) => message),
    ...(login.session.state === 'done' ? [] : [words('mfa.finished')]),
    ...endedLines(factor.ended, words),
  ];
  return {
    view: [block.lines(...lines), block.next(words('mfa.in-case', { command }))],
    document: {
      factor: { id: factor.id, kind, state: 'active' },
      session: { state: factor.login.session.state },
      ...endedFields(factor.ended),
      warnings,
    },
  };
}

/** Prints the secret; exit 5 says that a code must follow. */
function waitingForCode(begun: BegunEnrolment, command: string, words: Words): Result {
  const hint = words('portal.give-with', { command });
  const refusal = new Refusal('factor-needed', words('portal.first-code-needed'), { hint });
  const { family, kind, id, ...rest } = begun;
  const bare = 'secretBase32' in rest ? { secretBase32: rest.secretBase32.replaceAll(' ', '') } : {};
  const shown =
    family === 'sent'
      ? block.lines(words('portal.code-sent', { to: begun.to }))
      : block.fields([words('portal.by-hand'), begun.secretBase32], [words('portal.as-link'), begun.uri]);
  return {
    view: [shown, block.next(command)],
    document: { ...(errorDocument(refusal) as object), enrolment: { id, kind, state: 'pending', ...rest, ...bare } },
    exit: exitOf('factor-needed'),
  };
}

/** A method is no use yet where no login asks for one. */
function notAskedYet({ account }: PortalLogin, words: Words): readonly { code: string; message: string }[] {
  if (account.mfaRequiredAt !== null) return [];
  return [{ code: 'not-asked-for-yet', message: words(`portal.not-asked-${account.edition}`) }];
}

const remove = portalCommand({
  path: 'portal mfa remove',
  arguments: ['<id>'],
  run: async ({ desk, login, words }, given) => {
    const removed = await removeFactor(desk, login, given.id);
    return {
      view: [block.lines(words('mfa.removed', { factorTitle: removed.kind }), ...endedLines(removed, words))],
      document: { factor: { id: removed.id, kind: removed.kind, state: 'removed' }, ...endedFields(removed) },
    };
  },
});

/** New backup codes, shown once (B41). */
const backupCodes = portalCommand({
  path: 'portal mfa backup-codes',
  run: async ({ context, desk, login, words }) => {
    requireShown(context);
    const made = await newBackupCodes(desk, login);
    const { codes, onlyMethod, earlierDied } = made;
    const only = { code: 'only-backup-codes', message: words('portal.only-backup') };
    const warnings = [...notAskedYet(login, words), ...(onlyMethod ? [only] : [])];
    return {
      view: [
        block.lines(...codes),
        block.note(words('portal.codes-once')),
        ...(earlierDied === 0 ? [] : [block.note(words('portal.codes-died', { count: earlierDied }))]),
        ...endedLines(made, words).map((text) => block.note(text)),
        ...warnings.map(({ message }) => block.note(message)),
      ],
      document: { backupCodes: codes, earlierDied, ...endedFields(made), warnings },
    };
  },
});

const require = portalCommand({
  path: 'portal mfa require',
  arguments: ['<switch>', '[user]'],
  own: () => ({
    switch: z.enum(['on', 'off']),
    // Somebody who tries it for one user must be told that there is no such thing (B32).
    user: z
      .never({ error: 'a second factor is required of the whole company or of nobody, not of single users' })
      .optional(),
  }),
  run: async ({ desk, login, words }, given) => {
    const done = await requireMfa(desk, login, given.switch === 'on');
    const { required, unchanged, withoutFactor } = done;
    const facts = { account: login.account.name, required: String(required), unchanged: String(unchanged) };
    const waiting = required ? [words('mfa.without', { count: withoutFactor })] : [];
    const warnings = done.warnings.map((code) => ({ code, message: words(`mfa.${code}`) }));
    return {
      view: [
        block.lines(words('mfa.require', facts), ...waiting, ...endedLines(done, words)),
        ...warnings.map(({ message }) => block.note(message)),
      ],
      document: { mfa: { required, unchanged, withoutFactor, ...endedFields(done) }, warnings },
    };
  },
});

export const commands: readonly Command[] = [list, add, remove, backupCodes, require];
