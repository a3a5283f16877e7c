/** What a change of a password or a sign-in method has ended, as one line; none if it ended nothing (B82). */
import type { TrustEnded } from '../../desk.js';

export function endedLines({ sessionsEnded, devicesForgotten }: TrustEnded): readonly string[] {
  if (sessionsEnded + devicesForgotten === 0) return [];
  return [`Other sessions ended: ${sessionsEnded}. Remembered devices forgotten: ${devicesForgotten}.`];
}

/** The same for documents. */
export const endedFields = ({ sessionsEnded, devicesForgotten }: TrustEnded) => ({ sessionsEnded, devicesForgotten });
