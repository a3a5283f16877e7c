/** What became of the enrolment code of a reset, as the desk says it: nobody is told to look for a mail that no server took (B88). */
import type { OutboxRow } from '../../desk.js';
import { minutes } from '../../rules/duration.js';

/**
 * `sent`: a server took the mail. `unsent`: it waits to be sent. `not-sent`: its address takes no mail. `no-address`: there was none that is old
 * enough. `expired`: a new one can be sent.
 */
export type CodeState = 'sent' | 'unsent' | 'not-sent' | 'no-address' | 'expired';

/** A message is made before the transaction of its cause, which may wait for its turn. */
const MADE_BEFORE = minutes(1);

/** `since`: when it was made, ms; `message`: the newest mail with such a code. */
export function codeStateOf(
  { live, since }: { readonly live: boolean; readonly since: number },
  message: OutboxRow | undefined,
): CodeState {
  if (message === undefined || message.created_at < since - MADE_BEFORE) return live ? 'no-address' : 'expired';
  if (message.state === 'given-up') return 'not-sent';
  if (!live) return 'expired';
  return message.state === 'delivered' ? 'sent' : 'unsent';
}
