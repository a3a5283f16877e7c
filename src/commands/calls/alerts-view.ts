/** Alerts on a caller in words, for the top of the screen before the phrase is asked (B76). */
import type { CallerAlerts } from '../../procedures/calls/caller-alerts.js';
import type { Block } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { moments } from '../wording/documents.js';
import { agoFrom } from '../wording/times.js';
import type { Words } from '../wording/words.js';

export function alertLines(alerts: CallerAlerts, words: Words): readonly string[] {
  const { failures, failedOperators: operators, lookBackDays: days, lockedUntil: until } = alerts;
  const ago = (at: number | null) => agoFrom(words.now(), words.language)(at ?? 0) ?? words('alerts.just-now');
  const since = (key: 'alerts.passphrase-changed' | 'alerts.contact-changed' | 'alerts.reset', at: number | null) =>
    at === null ? [] : [words(key, { ago: ago(at) })];
  return [
    ...(failures > 0 ? [words('alerts.failures', { failures, operators, days, ago: ago(alerts.lastFailureAt) })] : []),
    ...(alerts.disabled ? [words('alerts.disabled')] : []),
    ...(until === null ? [] : [words('alerts.locked', { until })]),
    ...since('alerts.passphrase-changed', alerts.passphraseChangedAt),
    ...since('alerts.contact-changed', alerts.contactChangedAt),
    ...since('alerts.reset', alerts.resetAt),
    ...alerts.alsoWith.map((name) => words('alerts.also-with', { name })),
  ];
}

/** What scripts read (A11). */
export const alertsDocument = (alerts: CallerAlerts) => ({
  ...alerts,
  ...moments(alerts, 'lastFailureAt', 'lockedUntil', 'passphraseChangedAt', 'contactChangedAt', 'resetAt'),
});

export function alertBlocks(alerts: CallerAlerts, words: Words): readonly Block[] {
  const lines = alertLines(alerts, words);
  return lines.length === 0 ? [] : [block.alerts(...lines)];
}
