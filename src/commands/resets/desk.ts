/** `desk status`: what a monitor or a lead should know now. `desk resume`: ends the alarms over many callers (B95). */

import * as z from 'zod';
import { resumeDesk } from '../../procedures/calls/alarms.js';
import { deskStatus, freezeDocument } from '../../procedures/resets/freeze.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { alarmLine, block } from '../wording/blocks.js';
import { counted } from '../wording/counted.js';
import { localMinute } from '../wording/times.js';
import { wordsOf } from '../wording/words.js';

const status = command({
  path: 'desk status',
  access: 'verify',
  input: () => z.object({}),
  run: async (context) => {
    const { alarms, freeze, mail, clock, disk, ...more } = await deskStatus(await context.desk());
    const frozen = freeze === null ? 'allowed' : `frozen by ${freeze.by.name} since ${localMinute(freeze.at)}`;
    const sounding = alarms.length === 0 ? 'none' : alarms.map((one) => alarmLine(one, wordsOf(context))).join('; ');
    return {
      view: [
        block.fields(
          ['Alarms', sounding],
          ['Resets', frozen],
          ['Requests waiting', String(more.approvals)],
          ['Mail', mailLine(mail, more.off)],
          ['Latest entry', localMinute(clock.latest)],
          ...(disk.free === null ? [] : [['Disk', diskLine(disk.free, disk.low)] as const]),
        ),
      ],
      document: {
        status: {
          ...more,
          mail: { ...mail, dueSince: iso(mail.dueSince) },
          clock: { now: iso(clock.now), latest: iso(clock.latest) },
          disk,
          alarms: alarms.map(({ since, until, ...alarm }) => ({ ...alarm, since: iso(since), until: iso(until) })),
          freeze: freeze && freezeDocument(freeze),
        },
      },
    };
  },
});

function mailLine(
  { queued, givenUp, dueSince, late }: Awaited<ReturnType<typeof deskStatus>>['mail'],
  off: readonly string[],
) {
  const waits = queued === 0 ? 'nothing waits' : `${counted(queued, 'message')} waiting`;
  const since =
    late && dueSince !== null ? `, LATE since ${localMinute(dueSince)}: countersign outbox flush --watch` : '';
  const lost = givenUp === 0 ? '' : `, ${givenUp} given up`;
  return `${waits}${since}${lost}${off.length === 0 ? '' : `, switched off: ${off.join(', ')}`}`;
}

const diskLine = (free: number, low: boolean): string =>
  `${(free / 1024 ** 3).toFixed(1)} GiB free${low ? ', LOW' : ''}`;

const resume = command({
  path: 'desk resume',
  access: 'user:unlock',
  options: ['--reason <text>'],
  input: () => z.object({ reason: z.string().default('') }),
  run: async (context, { reason }) => {
    const alarms = await resumeDesk(await context.desk(), context.operator(), reason);
    const line = alarms === 0 ? 'No alarm was on.' : `${counted(alarms, 'alarm')} ended.`;
    return { view: [block.lines(line)], document: { resumed: { alarms } } };
  },
});

export const commands: readonly Command[] = [status, resume];
