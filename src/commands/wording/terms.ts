/** Words that views share with refusals, by key; from the catalogue in data/messages. */
import en from '../../../data/messages/en/terms.json' with { type: 'json' };
import type { UndoStop } from '../../procedures/resets/undo-reset.js';
import type { ApprovalReason } from '../../rules/approval.js';

/** What a second operator is asked to approve. */
export const APPROVAL_REASONS: Readonly<Record<ApprovalReason, string>> = en.approval;
/** Why a reset was not undone. */
export const UNDO_STOPS: Readonly<Record<UndoStop, string>> = en.undo;
