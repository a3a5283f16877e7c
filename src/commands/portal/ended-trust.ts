/** What a change of a password or a sign-in method has ended, as one line; none if it ended nothing (B82). */

import type { TrustEnded } from '../../desk.js';
import type { Words } from '../wording/words.js';

export function endedLines({ sessionsEnded, devicesForgotten }: TrustEnded, words: Words): readonly string[] {
  if (sessionsEnded + devicesForgotten === 0) return [];
  return [words('portal.ended', { sessions: sessionsEnded, devices: devicesForgotten })];
}

/** The same for documents. */
export const endedFields = ({ sessionsEnded, devicesForgotten }: TrustEnded) => ({ sessionsEnded, devicesForgotten });
