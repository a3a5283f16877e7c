/** `desk status`: what a monitor or a lead should know now. `desk resume`: ends the alarms over many callers (B95). */
import * as z from 'zod';
import { resumeDesk } from '../../procedures/calls/alarms.js';
import { deskStatus, freezeDocument } from '../../procedures/resets/freeze.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block, localMinute } from '../wording/results.js';
import { alarmLine } from '../wording/words.js';

const status = command({
  path: 'desk status',
  access: 'verify',
  run: async ({ desk, words }) => {
    const { alarms, freeze, mail, clock, disk, ...more } = await deskStatus(desk);
    const frozen = freeze && words('status.frozen-by', { name: freeze.by.name, at: freeze.at });
    const sounding = alarms.map((one) => alarmLine(one, words)).join('; ');
    const { queued, givenUp: lost, dueSince, late } = mail;
    const mailIs = { queued, since: late ? dueSince : null, lost, off: more.off };
    const gigabytes = ((disk.free ?? 0) / 1024 ** 3).toFixed(1);
    const free = words('status.free', { gigabytes, low: String(disk.low) });
    return {
      view: [
        block.fields(
          [words('status.alarms'), sounding || words('status.none')],
          [words('status.resets'), frozen ?? words('status.allowed')],
          [words('status.requests'), String(more.approvals)],
          [words('status.mail'), words('status.mail-is', mailIs)],
          [words('status.latest'), localMinute(clock.latest)],
          [words('status.disk'), disk.free === null ? null : free],
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

const resume = command({
  path: 'desk resume',
  access: 'user:unlock',
  options: ['--reason <text>'],
  own: () => ({ reason: z.string().default('') }),
  run: async ({ desk, signed, words }, { reason }) => {
    const alarms = await resumeDesk(desk, signed, reason);
    const line = words('status.alarms-ended', { count: alarms });
    return { view: [block.lines(line)], document: { resumed: { alarms } } };
  },
});

export const commands: readonly Command[] = [status, resume];
