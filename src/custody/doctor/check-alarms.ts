/** Is an alarm over many callers on (B95)? */
import { alarmLine } from '../../commands/wording/blocks.js';
import { englishAt } from '../../commands/wording/words.js';
import { soundingAlarms } from '../../procedures/calls/alarms.js';
import type { StoreCheck } from './check.js';

export const checkAlarms: StoreCheck = {
  subject: 'Alarms',
  look: async ({ store, custody }) => {
    const now = Math.max(custody.now(), (await store.read.audit.head())?.latestAt ?? 0);
    const lines = (await soundingAlarms({ store }, now)).map((one) => alarmLine(one, englishAt(now)));
    if (lines.length === 0) return [{ subject: 'Alarms', state: 'ok', text: 'none is on' }];
    const mend = 'find out who calls; then: countersign desk resume --reason "…"';
    return lines.map((text) => ({ subject: 'Alarms', state: 'note', text, mend }));
  },
};
