/** The row types that procedures use, in one place, so that desk.ts can export them. */
import type { NewRow, TableRow } from './schema/directory.js';

export type { SealedColumn, SealedValue } from './guard/sealed.js';
export type { AuditFilter, AuditHead, AuditRow } from './queries/audit.js';
export type { JobHead, JobRow } from './queries/jobs.js';
export type { TrustEnded } from './queries/trust.js';
export type { UserContacts } from './queries/user-rows.js';
export type ApprovalRow = TableRow<'approvals'>;
export type BackupCodeRow = TableRow<'backup_codes'>;
export type CallRow = TableRow<'calls'>;
export type FactorRow = TableRow<'factors'>;
export type NewReset = NewRow<'resets'>;
export type OneTimeCodeRow = TableRow<'one_time_codes'>;
export type OperatorRow = TableRow<'operators'>;
export type OperatorSessionRow = TableRow<'operator_sessions'>;
export type OperatorStartRow = TableRow<'operator_starts'>;
export type OperatorTokenRow = TableRow<'operator_tokens'>;
export type OutboxRow = TableRow<'outbox'>;
export type PortalSessionRow = TableRow<'portal_sessions'>;
export type ResetRow = TableRow<'resets'>;
export type ThrottleRow = TableRow<'throttles'>;
