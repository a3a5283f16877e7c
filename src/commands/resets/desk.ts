/** `desk status`: what a monitor or a lead should know now. `desk resume`: ends the alarms over many callers (B95). */
import * as z from 'zod';
import { resumeDesk } from '../../procedures/calls/alarms.js';
import { deskStatus, freezeDocument } from '../../procedures/resets/freeze.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { counted } from '../wording/counted.js';
import { alarmLine, localMinute } from '../wording/times.js';

const status = command({
  path: 'desk status',
  summary: 'show alarms and the freeze',
  examples: ['countersign desk status --json'],
  access: 'verify',
  input: () => z.object({}),
  run: async (context) => {
    const { alarms, freeze } = await deskStatus(await context.desk());
    const frozen = freeze === null ? 'allowed' : `frozen by ${freeze.by.name} since ${localMinute(freeze.at)}`;
    const sounding = alarms.length === 0 ? 'none' : alarms.map(alarmLine).join('; ');
    return {
      view: [{ kind: 'fields', rows: [['Alarms', sounding] as const, ['Resets', frozen] as const] }],
      document: {
        status: {
          alarms: alarms.map(({ since, until, ...alarm }) => ({ ...alarm, since: iso(since), until: iso(until) })),
          freeze: freeze && freezeDocument(freeze),
        },
      },
    };
  },
});

const resume = command({
  path: 'desk resume',
  summary: 'end the alarms, once you know what happened',
  examples: ['countersign desk resume --reason "one caller tried every name; reported"'],
  access: 'user:unlock',
  options: [{ flags: '--reason <text>', about: 'what you found, for the log' }],
  input: () => z.object({ reason: z.string().default('') }),
  run: async (context, { reason }) => {
    const alarms = await resumeDesk(await context.desk(), context.operator(), reason);
    const line = alarms === 0 ? 'No alarm was on.' : `${counted(alarms, 'alarm')} ended.`;
    return { view: [{ kind: 'lines', lines: [line] }], document: { resumed: { alarms } } };
  },
});

export const commands: readonly Command[] = [status, resume];
