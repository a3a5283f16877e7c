/** Alerts on a caller in words, for the top of the screen before the phrase is asked (B76). */

import type { CallerAlerts } from '../../procedures/calls/caller-alerts.js';
import { iso } from '../../rules/moment.js';
import type { Block } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { waitFrom } from '../wording/times.js';

export function alertLines(alerts: CallerAlerts, now: number): readonly string[] {
  const lines: string[] = [];
  const times = alerts.failures === 1 ? 'one failed attempt' : `${alerts.failures} failed attempts`;
  const who = alerts.failedOperators === 1 ? 'one operator' : `${alerts.failedOperators} operators`;
  const within = alerts.lookBackDays === 1 ? '24 hours' : `${alerts.lookBackDays} days`;
  if (alerts.failures > 0)
    lines.push(`${times} in the last ${within}, with ${who}; the last ${ago(alerts.lastFailureAt, now)}`);
  if (alerts.disabled) lines.push('locked out until a lead unlocks it');
  if (alerts.lockedUntil !== null)
    lines.push(`locked out; the next try is possible ${waitFrom(now)(alerts.lockedUntil)}`);
  if (alerts.passphraseChangedAt !== null) lines.push(`passphrase changed ${ago(alerts.passphraseChangedAt, now)}`);
  if (alerts.contactChangedAt !== null) lines.push(`e-mail or phone changed ${ago(alerts.contactChangedAt, now)}`);
  if (alerts.resetAt !== null) lines.push(`second factors reset ${ago(alerts.resetAt, now)}`);
  for (const name of alerts.alsoWith) lines.push(`${name} is on a call with this caller too: speak with each other`);
  if (alerts.sharedContacts > 0)
    lines.push(
      `e-mail or phone shared with ${alerts.sharedContacts} other login${alerts.sharedContacts === 1 ? '' : 's'}`,
    );
  return lines;
}

/** What scripts read (A11). */
export const alertsDocument = (alerts: CallerAlerts) => ({
  ...alerts,
  lastFailureAt: iso(alerts.lastFailureAt),
  lockedUntil: iso(alerts.lockedUntil),
  passphraseChangedAt: iso(alerts.passphraseChangedAt),
  contactChangedAt: iso(alerts.contactChangedAt),
  resetAt: iso(alerts.resetAt),
});

export function alertBlocks(alerts: CallerAlerts, now: number): readonly Block[] {
  const lines = alertLines(alerts, now);
  return lines.length === 0 ? [] : [block.alerts(...lines)];
}

/** `3 minutes ago`, `2 days ago`. */
export function ago(time: number | null, now: number): string {
  if (time === null) return '';
  const minutes = Math.max(0, Math.floor((now - time) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} minute${minutes === 1 ? '' : 's'} ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} hour${hours === 1 ? '' : 's'} ago`;
  return `${Math.floor(hours / 24)} days ago`;
}
