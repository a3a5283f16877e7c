/** `mfa reset`: one user under a live grant, or many with a reason and a ticket (B50–B61). */
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { type GrantedReset, RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import { languageOf } from '../../rules/language.js';
import { untilApproved } from '../ask-approver.js';
import { type Command, command, type Operated, type Result } from '../command.js';
import { givenUser } from '../directory/listing-arguments.js';
import { bulkReset } from './bulk-reset.js';
import { RESET_OPTIONS, type ResetGiven, resetInput } from './reset-input.js';
import { exitOfReset, resetDocument, resetView } from './reset-view.js';

const reset = command({
  path: 'mfa reset',
  access: 'mfa:reset-with-grant',
  arguments: ['[users...]'],
  options: RESET_OPTIONS,
  own: resetInput,
  run: async (at, given) => {
    if (given.grant !== undefined) return onCall(at, given, given.grant);
    if (isBulk(given)) return bulkReset(at, given);
    await askAuthority(at.desk, at.signed, RESETTING);
    throw refusal('no-grant', 'reset-needs-grant', {}, 'verify-or-reason');
  },
});

const isBulk = (given: ResetGiven): boolean =>
  (['from', 'apply', 'plan', 'reason', 'ticket', 'confirm'] as const).some((name) => given[name] !== undefined) ||
  given.all ||
  given.dryRun;

/** Resets one user for the verified caller. */
async function onCall({ context, desk, signed, words }: Operated, given: ResetGiven, grantId: string): Promise<Result> {
  await askAuthority(desk, signed, RESETTING);
  const [reference, ...more] = given.users;
  const others = [...more, given.from, given.apply].some((one) => one !== undefined) || given.all;
  if (reference === undefined || others) throw refusal('usage', 'grant-for-one', {}, 'name-reset-user');
  const found = await givenUser(desk, reference, given.account);
  const { reason, ticket, final } = given;
  const asked: GrantedReset = { grantId, account: found.account, target: found.user, reason, ticket, final };
  const attempt = () => resetUnderGrant(desk, signed, asked);
  const outcome = await untilApproved(context, given.wait, attempt);
  const heard = words.in(languageOf(outcome.account, outcome.caller, desk.language));
  return { view: resetView(outcome, words, heard), document: resetDocument(outcome), exit: exitOfReset(outcome) };
}

export const commands: readonly Command[] = [reset];
