/** The row types that procedures hold in their hands, in one place, so that desk.ts can hand them on. */
export type { ApprovalRow } from './approvals.js';
export type { AuditFilter, AuditHead, AuditRow } from './audit.js';
export type { CallRow } from './calls.js';
export type { BackupCodeRow, DeviceRow, FactorRow, OneTimeCodeRow } from './factors.js';
export type { SealedColumn, SealedValue } from './guard/sealed.js';
export type { JobHead, JobRow } from './jobs.js';
export type { OperatorRow, OperatorSessionRow, OperatorTokenRow } from './operators.js';
export type { OutboxRow } from './outbox.js';
export type { PortalSessionRow } from './portal-sessions.js';
export type { NewReset, ResetRow } from './resets.js';
export type { PassphraseRow } from './secrets.js';
export type { ThrottleRow } from './throttles.js';
export type { FormerContact, UserContacts } from './users.js';
export type { GrantRow, VerificationRow } from './verifications.js';
