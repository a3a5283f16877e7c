/** `mfa …`: shows the second factors of a user. Resets, the freeze and the list of pending users are in other files. */

import * as z from 'zod';
import { type MfaStatus, mfaStatus } from '../../procedures/codes/mfa-status.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { viewUser } from '../../procedures/directory/see-people.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localDay, localMinute } from '../wording/times.js';
import { type Words, wordsOf } from '../wording/words.js';
import { remoteDocument } from './bulk-view.js';
import { commands as freezeCommands } from './mfa-freeze.js';
import { commands as pendingCommands } from './mfa-pending.js';
import { commands as reconcileCommands } from './mfa-reconcile.js';
import { commands as resendCommands } from './mfa-resend.js';
import { commands as resetCommands } from './mfa-reset.js';
import { remoteBlocks } from './reset-view.js';

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
    ),
    ...(state.remote === null ? [] : remoteBlocks(state.remote, words)),
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

export const commands: readonly Command[] = [
  status,
  ...resetCommands,
  ...resendCommands,
  ...freezeCommands,
  ...pendingCommands,
  ...reconcileCommands,
];
