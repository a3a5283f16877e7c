/** `mfa reset`: one user under a live grant, or many with a reason and a ticket (B50–B61). */
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { type GrantedReset, RESETTING, resetUnderGrant } from '../../procedures/resets/reset-factors.js';
import { languageOf } from '../../rules/language.js';
import { untilApproved } from '../ask-approver.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { givenUser } from '../directory/listing-arguments.js';
import { wordsOf } from '../wording/words.js';
import { bulkReset } from './bulk-reset.js';
import { RESET_OPTIONS, type ResetGiven, resetInput } from './reset-input.js';
import { exitOfReset, resetDocument, resetView } from './reset-view.js';

const reset = command({
  path: 'mfa reset',
  access: 'mfa:reset-with-grant',
  arguments: ['[users...]'],
  options: RESET_OPTIONS,
  own: resetInput,
  run: async ({ context, desk, signed }, given) => {
    if (given.grant !== undefined) return onCall(context, given, given.grant);
    if (isBulk(given)) return bulkReset(context, given);
    await askAuthority(desk, signed, RESETTING);
    throw refusal('no-grant', 'reset-needs-grant', {}, 'verify-or-reason');
  },
});

const isBulk = (given: ResetGiven): boolean =>
  [given.from, given.apply, given.plan, given.reason, given.ticket, given.confirm].some(
    (value) => value !== undefined,
  ) ||
  given.all ||
  given.dryRun;

/** Resets one user for the verified caller. */
async function onCall(context: Context, given: ResetGiven, grantId: string): Promise<Result> {
  const desk = await context.desk();
  const signed = context.operator();
  await askAuthority(desk, signed, RESETTING);
  const [reference, ...more] = given.users;
  if (
    reference === undefined ||
    more.length > 0 ||
    given.from !== undefined ||
    given.all ||
    given.apply !== undefined
  ) {
    throw refusal('usage', 'grant-for-one', {}, 'name-reset-user');
  }
  const found = await givenUser(desk, reference, given.account);
  const { reason, ticket, final } = given;
  const asked: GrantedReset = { grantId, account: found.account, target: found.user, reason, ticket, final };
  const attempt = () => resetUnderGrant(desk, signed, asked);
  const outcome = await untilApproved(context, given.wait, attempt);
  const words = wordsOf(context);
  const heard = words.in(languageOf(outcome.account, outcome.caller, desk.language));
  return { view: resetView(outcome, words, heard), document: resetDocument(outcome), exit: exitOfReset(outcome) };
}

export const commands: readonly Command[] = [reset];
