/** Disabling ends what is live at once, so it needs a reason, and on a terminal a yes. */
import { refusal } from '../../errors.js';
import { askYes } from '../ask-missing.js';
import type { Context } from '../command.js';
import { wordsOf } from '../wording/words.js';

/** The reason, given or asked for. Refusals: missing-option without a terminal, cancelled. */
export async function askDisable(context: Context, what: string, given: string | undefined): Promise<string> {
  const reason = given ?? (context.ask.possible ? await askReason(context) : '');
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'disable' });
  if (context.ask.possible) await askYes(context, wordsOf(context)('directory.ask-disable', { what }));
  return reason;
}

async function askReason(context: Context): Promise<string> {
  return (await context.ask.prompts('--reason')).line({ message: wordsOf(context)('approval.reason') });
}
