/** `mfa …`: the second factors of a user, the freeze, and who has not enrolled again (B57, B62, B63). Resets are in other files. */

import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { type MfaStatus, mfaStatus } from '../../procedures/codes/mfa-status.js';
import { csvText } from '../../procedures/directory/export-directory.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { seePeople, viewUser } from '../../procedures/directory/see-people.js';
import { type Freeze, freezeDocument, freezeResets, thawResets } from '../../procedures/resets/freeze.js';
import { type PendingEnrolment, pendingEnrolments } from '../../procedures/resets/pending-enrolments.js';
import { iso, readMoment } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localDay, localMinute } from '../wording/times.js';
import { type Words, wordsOf } from '../wording/words.js';
import { remoteDocument } from './bulk-view.js';
import { commands as reconcileCommands } from './mfa-reconcile.js';
import { commands as resendCommands } from './mfa-resend.js';
import { commands as resetCommands } from './mfa-reset.js';
import { remoteRows } from './reset-view.js';

const status = command({
  path: 'mfa status',
  access: 'mfa:read',
  arguments: ['<user>'],
  options: ['--account <account>'],
  input: () => z.object({ user: z.string(), account: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const found = await findUser(desk, given.user, account);
    const state = await mfaStatus(desk, found.account, found.user);
    await viewUser(desk, context.operator(), found, { view: 'factors' });
    return { view: statusView(state, wordsOf(context)), document: { mfa: statusDocument(state) } };
  },
});

function statusView(state: MfaStatus, words: Words): View {
  return [
    block.title(`${state.user.name} · ${state.account.name} (${state.account.number})`, state.user.login),
    block.fields(
      ['Company-wide MFA', state.required ? 'on' : 'off'],
      ['Backup codes left', String(state.backupCodesLeft)],
      ['Remembered devices', String(state.devices)],
      ['Portal sessions', String(state.sessions)],
      ...(state.code === null ? [] : [['Enrolment code', CODE_WORDS[state.code]] as const]),
      ...resetRows(state),
      ...remoteRows(state.remote, words),
    ),
    block.table(
      ['factor', 'state', 'since', 'id'],
      state.factors.map((factor) => [
        factor.title,
        factor.state,
        factor.confirmedAt === null ? '' : localDay(factor.confirmedAt),
        factor.id,
      ]),
      'No second factors.',
    ),
  ];
}

const CODE_WORDS: Readonly<Record<NonNullable<MfaStatus['code']>, string>> = {
  sent: 'sent, not yet used',
  unsent: 'waits to be sent: countersign outbox list',
  'not-sent': 'could not be sent: the address takes no mail',
  'no-address': 'not sent: no usable address on file',
  expired: 'expired: countersign mfa resend sends another',
};

function resetRows({ reset }: MfaStatus): readonly (readonly [string, string])[] {
  if (reset === null) return [];
  const undo = reset.undoUntil > reset.at ? `, can be undone until ${localMinute(reset.undoUntil)}` : ', final';
  return [
    ['Reset', `${localMinute(reset.at)} (${reset.id})${undo}`],
    ...(reset.objectedAt === null
      ? []
      : [['OBJECTED', `${localMinute(reset.objectedAt)}: nothing can be set up`] as const]),
  ];
}

function statusDocument(state: MfaStatus) {
  return {
    account: {
      id: state.account.id,
      number: state.account.number,
      name: state.account.name,
      edition: state.account.edition,
    },
    user: { id: state.user.id, login: state.user.login, name: state.user.name, role: state.user.role },
    required: state.required,
    factors: state.factors.map(({ id, kind, state: factorState, confirmedAt }) => ({
      id,
      kind,
      state: factorState,
      confirmedAt: iso(confirmedAt),
    })),
    backupCodesLeft: state.backupCodesLeft,
    devices: state.devices,
    sessions: state.sessions,
    enrolmentCodeWaiting: state.enrolmentCodeWaiting,
    enrolmentCode: state.code,
    reset: state.reset && {
      id: state.reset.id,
      at: iso(state.reset.at),
      objectedAt: iso(state.reset.objectedAt),
      undoUntil: iso(state.reset.undoUntil),
    },
    remote: state.remote && remoteDocument(state.remote),
  };
}

/** `mfa freeze` and `mfa thaw`: stop every reset of the desk, and allow resets again (B63). */
const freeze = command({
  path: 'mfa freeze',
  access: 'mfa:freeze',
  options: ['--reason <text>', '--until <time>'],
  input: () => z.object({ reason: z.string().optional(), until: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const until = given.until === undefined ? null : readMoment('until', given.until, desk.now(), 'ahead');
    const made = await freezeResets(desk, context.operator(), { reason: given.reason ?? null, until });
    return { view: freezeView(made), document: { freeze: freezeDocument(made) } };
  },
});

function freezeView({ until, reason }: Freeze): View {
  const end = until === null ? 'until a lead or admin runs mfa thaw' : `until ${localMinute(until)}`;
  return [
    block.verdict('FROZEN', 'warn'),
    block.fields(['Resets', `stopped for everyone, ${end}`], ...(reason === null ? [] : [['Reason', reason] as const])),
    block.next('countersign mfa thaw'),
  ];
}

const thaw = command<Record<string, never>>({
  path: 'mfa thaw',
  access: 'mfa:freeze',
  input: () => z.object({}) as unknown as z.ZodType<Record<string, never>>,
  run: async (context) => {
    const desk = await context.desk();
    const ended = await thawResets(desk, context.operator());
    const line =
      ended === null
        ? 'Resets were not frozen.'
        : 'Resets are allowed again. See interrupted jobs: countersign job list';
    return { view: [block.lines(line)], document: { freeze: null } };
  },
});

/** `mfa pending`: lists users who were reset and have not enrolled again (B57, B62). */
const WORDS = {
  waiting: 'code sent, not used',
  unsent: 'code waits to be sent',
  'not-sent': 'code could not be sent',
  'no-address': 'no usable address for a code',
  expired: 'code expired: mfa resend, or their next sign-in, sends another',
  objected: 'OBJECTED: stopped by the customer',
  'no-code-needed': 'not enrolled yet',
} as const;

const pending = command({
  path: 'mfa pending',
  access: 'mfa:read',
  options: ['--job <job>', '--csv'],
  input: () => z.object({ job: z.string().optional(), csv: z.boolean().default(false) }),
  run: async (context, given) => {
    const desk = await context.desk();
    const found = await pendingEnrolments(desk, given.job);
    if (given.csv) return { view: [], document: null, raw: await toCall(desk, context.operator(), found) };
    return {
      view: [
        block.table(
          ['user', 'reset at', 'state', 'reset'],
          found.map(({ reset, user, account, state }) => [
            `${account.number}/${user.login}`,
            localMinute(reset.at),
            WORDS[state],
            reset.id,
          ]),
          'No user still has to enrol again.',
        ),
      ],
      document: {
        pending: found.map(({ reset, user, account, state }) => ({
          reset: reset.id,
          job: reset.job_id,
          user: { id: user.id, login: user.login, name: user.name },
          account: { id: account.id, number: account.number },
          at: iso(reset.at),
          state,
          objectedAt: iso(reset.objected_at),
        })),
      },
    };
  },
});

async function toCall(desk: Desk, signed: SignedOperator, found: readonly PendingEnrolment[]): Promise<string> {
  const people = await seePeople(desk, signed, 'mfa pending', found);
  const rows = found.map(({ reset, account, state }, n) => {
    const user = people[n]?.user;
    return [account.number, user?.login ?? '', user?.name ?? '', user?.phone ?? '', state, iso(reset.at), reset.id];
  });
  return csvText(['account', 'login', 'name', 'phone', 'state', 'reset_at', 'reset'], rows);
}

export const commands: readonly Command[] = [
  status,
  ...resetCommands,
  ...resendCommands,
  freeze,
  thaw,
  pending,
  ...reconcileCommands,
];
