/** `mfa status` and `mfa reset`: a user's second factors (B50–B58). */
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { requireFreshCode } from '../procedures/authenticate-operator.js';
import { findAccount, findUser } from '../procedures/find-account.js';
import { type MfaStatus, mfaStatus } from '../procedures/mfa-status.js';
import { type ResetOutcome, resetUnderGrant } from '../procedures/reset-factors.js';
import type { View } from '../terminal/render.js';
import { type Command, command } from './command.js';

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

const status = command({
  path: 'mfa status',
  summary: "a user's second factors, devices and codes; never a secret",
  examples: [
    'countersign mfa status 100241/ana.trujillo',
    'countersign mfa status ana.trujillo --account 100241 --json',
  ],
  access: 'mfa:read',
  arguments: [{ name: '<user>', about: 'login, id or unique e-mail; or account/login' }],
  options: [{ flags: '--account <account>', about: 'number, id or unique name of the account' }],
  input: () => z.object({ user: z.string(), account: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const found = await findUser(desk, given.user, account);
    const state = await mfaStatus(desk, found.account, found.user);
    return { view: statusView(state), document: { mfa: statusDocument(state) } };
  },
});

function statusView(state: MfaStatus): View {
  return [
    {
      kind: 'title',
      text: `${state.user.name} · ${state.account.name} (${state.account.number})`,
      aside: state.user.login,
    },
    {
      kind: 'fields',
      rows: [
        ['Company-wide MFA', state.required ? 'on' : 'off'],
        ['Backup codes left', String(state.backupCodesLeft)],
        ['Remembered devices', String(state.devices)],
        ['Portal sessions', String(state.sessions)],
        ...(state.enrolmentCodeWaiting ? [['Enrolment code', 'sent, not yet used'] as const] : []),
      ],
    },
    {
      kind: 'table',
      columns: [{ title: 'factor' }, { title: 'state' }, { title: 'since' }, { title: 'id' }],
      empty: 'No second factors.',
      rows: state.factors.map((factor) => [
        factor.title,
        factor.state,
        iso(factor.confirmedAt)?.slice(0, 10) ?? '',
        factor.id,
      ]),
    },
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
  };
}

const reset = command({
  path: 'mfa reset',
  summary: "reset one user's second factors under a live grant",
  examples: [
    'countersign mfa reset 100241/janet.leverling --grant gr_…',
    'countersign mfa reset janet.leverling --account 100241 --grant gr_… --reason "phone lost" --ticket T-1 --json',
  ],
  access: 'mfa:reset-with-grant',
  arguments: [{ name: '<user>', about: 'login, id or unique e-mail; or account/login' }],
  options: [
    { flags: '--account <account>', about: 'number, id or unique name of the account' },
    {
      flags: '--grant <grant>',
      about: 'grant of the verified caller (countersign verify --for login-security:mfa-reset)',
    },
    { flags: '--reason <text>', about: 'why, for the log' },
    { flags: '--ticket <text>', about: 'number of your ticket' },
  ],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      grant: z.string().optional(),
      reason: z.string().optional(),
      ticket: z.string().optional(),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    const signed = context.operator();
    requireFreshCode(desk, signed);
    const account = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const found = await findUser(desk, given.user, account);
    if (given.grant === undefined) {
      throw new Refusal('no-grant', 'on a call a reset needs a live grant', {
        hint: `Verify the caller first: countersign verify --account ${found.account.number} --caller LOGIN --for login-security:mfa-reset`,
      });
    }
    const outcome = await resetUnderGrant(desk, signed, {
      grantId: given.grant,
      account: found.account,
      target: found.user,
      reason: given.reason,
      ticket: given.ticket,
    });
    return { view: resetView(outcome), document: { reset: resetDocument(outcome) } };
  },
});

export function resetView(done: ResetOutcome): View {
  const { removed } = done;
  const rows = [['User', `${done.target.name} (${done.account.number}/${done.target.login})`] as const];
  if (done.outcome === 'nothing-to-do') {
    return [
      { kind: 'verdict', verdict: 'NOTHING TO DO', tone: 'good' },
      { kind: 'fields', rows },
      { kind: 'lines', lines: ['There was no factor, backup code, device or session to take away.'] },
    ];
  }
  return [
    { kind: 'verdict', verdict: 'RESET', tone: 'good' },
    {
      kind: 'fields',
      rows: [
        ...rows,
        ['Factors', String(removed.factors)],
        ['Half-done enrolments', String(removed.enrolments)],
        ['Backup codes', String(removed.backupCodes)],
        ['Remembered devices', String(removed.devices)],
        ['Portal sessions', String(removed.sessions)],
      ],
    },
    { kind: 'say', text: SAY[done.enrolmentCode] },
  ];
}

const SAY = {
  sent: 'The second factors are reset. A code is on its way to the e-mail address we have on file. At the next sign-in it is needed to set up a new factor.',
  'not-needed': 'The second factors are reset. The next sign-in asks to set up a new factor.',
  'no-address-on-file':
    'The second factors are reset. There is no e-mail address on file that is old enough for the enrolment code; your admin must help.',
} as const;

export function resetDocument(done: ResetOutcome) {
  return {
    id: done.id,
    outcome: done.outcome,
    account: { id: done.account.id, number: done.account.number },
    user: { id: done.target.id, login: done.target.login, name: done.target.name },
    removed: done.removed,
    enrolmentCode: done.enrolmentCode,
  };
}

export const commands: readonly Command[] = [status, reset];
