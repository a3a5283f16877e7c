/** The row types that procedures use, in one place, so that desk.ts can export them. */

export type { SealedColumn, SealedValue } from './guard/sealed.js';
export type { ApprovalRow } from './queries/approvals.js';
export type { AuditFilter, AuditHead, AuditRow } from './queries/audit.js';
export type { CallRow } from './queries/calls.js';
export type { BackupCodeRow, DeviceRow, FactorRow, OneTimeCodeRow } from './queries/factors.js';
export type { JobHead, JobRow } from './queries/jobs.js';
export type { OperatorStartRow, RecoveryCodeRow } from './queries/operator-life-cycle.js';
export type { OperatorRow, OperatorSessionRow, OperatorTokenRow } from './queries/operators.js';
export type { OutboxRow } from './queries/outbox.js';
export type { PortalSessionRow } from './queries/portal-sessions.js';
export type { NewReset, ResetRow } from './queries/resets.js';
export type { PassphraseRow } from './queries/secrets.js';
export type { ThrottleRow } from './queries/throttles.js';
export type { TrustEnded } from './queries/trust.js';
export type { UserContacts } from './queries/user-rows.js';
export type { GrantRow, VerificationRow } from './queries/verifications.js';
