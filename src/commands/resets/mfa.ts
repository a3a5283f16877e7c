/** `mfa …`: the second factors of a user, the freeze, and who has not enrolled again (B57, B62, B63). Resets are in other files. */
import { type MfaStatus, mfaStatus } from '../../procedures/codes/mfa-status.js';
import { allAccounts, csvText } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { seePeople, viewUser } from '../../procedures/directory/see-people.js';
import { freezeDocument, freezeResets, thawResets } from '../../procedures/resets/freeze.js';
import { type PendingEnrolment, pendingEnrolments } from '../../procedures/resets/show-job.js';
import { type Compared, reconcileRemotes } from '../../procedures/upkeep/reconcile-remotes.js';
import { iso, readMoment } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { givenUser } from '../directory/listing-arguments.js';
import { longList } from '../wording/long-list.js';
import { block, failure, localDay, localMinute, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { reset } from './bulk-reset.js';
import { remoteDocument } from './bulk-view.js';
import { commands as resendCommands } from './mfa-resend.js';
import { remoteRows } from './reset-view.js';

/** What stands at the other systems, beside what the log says (B93). */
const reconcile = command({
  path: 'mfa reconcile',
  access: 'mfa:reset-bulk',
  options: ['--account <account>'],
  run: async ({ context, desk, signed, words }, { account }) => {
    const accounts = account === undefined ? await allAccounts(desk) : [await findAccount(desk, account)];
    const compared = await reconcileRemotes(desk, signed, accounts, context.signal);
    const drifts = compared.filter(({ drift }) => drift !== null);
    const unread = drifts.some(({ drift }) => drift === 'not-read');
    const error = failure(unread, 'delivery-failed', words('remote.not-read'));
    return {
      view: [
        block.verdict(
          words('remote.compared', { count: compared.length, drifts: drifts.length }),
          drifts.length === 0 ? 'good' : 'warn',
        ),
        block.table(
          [words('remote.system'), words('remote.person'), words('remote.log'), words('remote.there')],
          drifts.map(({ account: { number }, user, remote, there, drift }) => [
            remote.connector,
            `${number}/${user.login}`,
            remote.state,
            drift === null ? '' : words(`remote.drift-${drift}`, { kinds: there.join(', ') }),
          ]),
          words('remote.same'),
        ),
      ],
      document: { ...error, reconciled: { people: compared.length, drifts: drifts.map(driftDocument) } },
      // Could not be read, says something else.
      exit: unread ? 7 : drifts.length > 0 ? 4 : 0,
    };
  },
});

const driftDocument = ({ account, user, remote, there, drift }: Compared) => ({
  account: account.number,
  user: user.id,
  login: user.login,
  connector: remote.connector,
  external: user.external,
  log: remote.state,
  there,
  drift,
});

const status = command({
  path: 'mfa status',
  access: 'mfa:read',
  arguments: ['<user>'],
  options: ['--account <account>'],
  run: async ({ desk, signed, words }, given) => {
    const found = await givenUser(desk, given.user, given.account);
    const state = await mfaStatus(desk, found.account, found.user);
    await viewUser(desk, signed, found, { view: 'factors' });
    return { view: statusView(state, words), document: { mfa: statusDocument(state) } };
  },
});

function statusView(state: MfaStatus, words: Words) {
  const { reset } = state;
  const until = reset !== null && reset.undoUntil > reset.at ? reset.undoUntil : null;
  return [
    block.title(`${state.user.name} · ${state.account.name} (${state.account.number})`, state.user.login),
    block.fields(
      [words('status.mfa'), words(state.required ? 'status.on' : 'status.off')],
      [words('mfa.codes-left'), String(state.backupCodesLeft)],
      [words('reset.devices'), String(state.devices)],
      [words('reset.sessions'), String(state.sessions)],
      [words('status.code'), state.code === null ? null : words(`status.code-${state.code}`)],
      [words('status.reset'), reset && words('status.reset-is', { at: reset.at, id: reset.id, until })],
      [words('status.objected'), reset?.objectedAt ? words('status.objected-at', { at: reset.objectedAt }) : null],
      ...remoteRows(state.remote, words),
    ),
    block.table(
      [words('status.factor'), words('mfa.state'), words('status.since'), words('mfa.id')],
      state.factors.map((factor) => [
        words.term('factorTitle', factor.kind),
        words.term('factorState', factor.state),
        factor.confirmedAt === null ? '' : localDay(factor.confirmedAt),
        factor.id,
      ]),
      words('status.no-factors'),
    ),
  ];
}

const statusDocument = (state: MfaStatus) => ({
  account: pick(state.account, 'id', 'number', 'name', 'edition'),
  user: pick(state.user, 'id', 'login', 'name', 'role'),
  required: state.required,
  factors: state.factors.map((factor) => ({
    ...pick(factor, 'id', 'kind', 'state'),
    ...moments(factor, 'confirmedAt'),
  })),
  ...pick(state, 'backupCodesLeft', 'devices', 'sessions', 'enrolmentCodeWaiting'),
  enrolmentCode: state.code,
  reset: state.reset && { id: state.reset.id, ...moments(state.reset, 'at', 'objectedAt', 'undoUntil') },
  remote: state.remote && remoteDocument(state.remote),
});

const freeze = command({
  path: 'mfa freeze',
  access: 'mfa:freeze',
  options: ['--reason <text>', '--until <time>'],
  run: async ({ desk, signed, words }, given) => {
    const until = given.until === undefined ? null : readMoment('until', given.until, desk.now(), 'ahead');
    const made = await freezeResets(desk, signed, { reason: given.reason ?? null, until });
    const stopped = words('status.stopped', { until: made.until });
    return {
      view: [
        block.verdict(words('status.frozen'), 'warn'),
        block.fields([words('status.resets'), stopped], [words('approval.reason'), made.reason]),
        block.next('countersign mfa thaw'),
      ],
      document: { freeze: freezeDocument(made) },
    };
  },
});

const thaw = command({
  path: 'mfa thaw',
  access: 'mfa:freeze',
  run: async ({ desk, signed, words }) => {
    const ended = await thawResets(desk, signed);
    const line = words(ended === null ? 'status.not-frozen' : 'status.thawed');
    return { view: [block.lines(line)], document: { freeze: null } };
  },
});

const pending = command({
  path: 'mfa pending',
  access: 'mfa:read',
  options: ['--job <job>', '--csv'],
  run: async ({ context, desk, signed, words }, given) => {
    const found = await pendingEnrolments(desk, given.job);
    if (given.csv) {
      const people = seePeople(desk, signed, 'mfa pending', found);
      const csv = await csvText(TO_CALL, people, toCall);
      return { view: [], document: { csv }, raw: csv };
    }
    return longList(context, found, {
      name: 'pending',
      table: (rows) =>
        block.table(
          [words('status.user'), words('status.reset-at'), words('mfa.state'), words('status.which')],
          rows.map(({ reset, user, account, state }) => [
            `${account.number}/${user.login}`,
            localMinute(reset.at),
            words(`status.pending-${state}`),
            reset.id,
          ]),
          words('status.none-pending'),
        ),
      document: ({ reset, user, account, state }) => ({
        reset: reset.id,
        job: reset.job_id,
        user: pick(user, 'id', 'login', 'name'),
        account: pick(account, 'id', 'number'),
        at: iso(reset.at),
        state,
        objectedAt: iso(reset.objected_at),
      }),
    });
  },
});

const TO_CALL = ['account', 'login', 'name', 'phone', 'state', 'reset_at', 'reset'];

const toCall = ({ reset, account, user, state }: PendingEnrolment) => [
  account.number,
  user.login,
  user.name,
  user.phone,
  state,
  iso(reset.at),
  reset.id,
];

export const commands: readonly Command[] = [status, reset, ...resendCommands, freeze, thaw, pending, reconcile];
