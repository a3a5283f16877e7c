/** What the procedures of procedures/resets ask of an operator. */
import { approveAlone, decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { type JobWork, tryRemotesAgain } from '../../../src/procedures/resets/job-work.js';
import { freezePlan, planReset } from '../../../src/procedures/resets/plan-reset.js';
import { resendCode } from '../../../src/procedures/resets/resend-code.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { askApproval, beginJob, resumeJob } from '../../../src/procedures/resets/reset-job.js';
import { runJob } from '../../../src/procedures/resets/run-job.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import type { Owner } from '../../../src/rules/people.js';
import { countRows, type ResetPlan } from '../../../src/rules/reset-plan.js';
import type { Doors } from './door.js';

const NOBODY = { account: { id: 'none' }, user: { id: 'none' } } as Owner;
const PLAN: ResetPlan = {
  v: 1,
  kind: 'mfa-reset-plan',
  job: 'none',
  desk: 'another',
  madeAt: 0,
  madeBy: { id: 'none', name: '' },
  reason: 'none',
  ticket: 'none',
  final: false,
  source: 'none',
  counts: countRows([]),
  confirm: 0,
  rows: [],
};
const NO_WORK = { head: { id: 'none', done: 0 }, plan: PLAN, targets: [], waiting: [] } as unknown as JobWork;
const watching = { told: async () => undefined, signal: new AbortController().signal };

export const RESETS: Doors = {
  'resets/decide-approval.approveAlone': {
    permission: 'approval:decide',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) => approveAlone(desk, signed, { id: 'none', reason: null, recoveryCode: async () => '' }),
  },
  'resets/decide-approval.decideApproval': {
    permission: 'approval:decide',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) => decideApproval(desk, signed, { id: 'none', approve: true, reason: null }),
  },
  'resets/freeze.freezeResets': {
    permission: 'mfa:freeze',
    knock: (desk, signed) => freezeResets(desk, signed, { reason: null, until: null }),
  },
  'resets/freeze.thawResets': { permission: 'mfa:freeze', fresh: true, knock: thawResets },
  'resets/plan-reset.planReset': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => planReset(desk, signed, { ...PLAN, rows: [], wholeAccount: null }),
  },
  'resets/resend-code.resendCode': {
    permission: 'mfa:reset-bulk',
    knock: (desk, signed) => resendCode(desk, signed, NOBODY, undefined),
  },
  'resets/reset-factors.resetUnderGrant': {
    permission: 'mfa:reset-with-grant',
    fresh: true,
    knock: (desk, signed) => {
      const { account, user: target } = NOBODY;
      return resetUnderGrant(desk, signed, { grantId: 'none', account, target, reason: undefined, ticket: undefined });
    },
  },
  'resets/reset-job.askApproval': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => askApproval(desk, signed, freezePlan(desk, PLAN)),
  },
  'resets/reset-job.beginJob': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => beginJob(desk, signed, freezePlan(desk, PLAN)),
  },
  'resets/job-work.tryRemotesAgain': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => tryRemotesAgain(desk, signed, { id: 'none' } as JobWork['head']),
  },
  'resets/reset-job.resumeJob': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => resumeJob(desk, signed, 'none'),
  },
  'resets/run-job.runJob': {
    permission: 'mfa:reset-bulk',
    fresh: true,
    knock: (desk, signed) => runJob(desk, signed, NO_WORK, watching),
  },
  'resets/undo-reset.undoResets': {
    permission: 'job:undo',
    fresh: true,
    knock: (desk, signed) => undoResets(desk, signed, { id: 'none', line: undefined, reason: 'none' }),
  },
};
