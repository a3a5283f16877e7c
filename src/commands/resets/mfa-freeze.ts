/** `mfa freeze` and `mfa thaw`: stop every reset of the desk, and allow resets again (B63). */

import * as z from 'zod';
import { type Freeze, freezeDocument, freezeResets, thawResets } from '../../procedures/resets/freeze.js';
import { readMoment } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

const freeze = command({
  path: 'mfa freeze',
  access: 'mfa:freeze',
  options: ['--reason <text>', '--until <time>'],
  input: () => z.object({ reason: z.string().optional(), until: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const until = given.until === undefined ? null : readMoment('until', given.until, desk.now(), 'ahead');
    const made = await freezeResets(desk, context.operator(), { reason: given.reason ?? null, until });
    return { view: freezeView(made), document: { freeze: freezeDocument(made) } };
  },
});

function freezeView({ until, reason }: Freeze): View {
  const end = until === null ? 'until a lead or admin runs mfa thaw' : `until ${localMinute(until)}`;
  return [
    block.verdict('FROZEN', 'warn'),
    block.fields(['Resets', `stopped for everyone, ${end}`], ...(reason === null ? [] : [['Reason', reason] as const])),
    block.next('countersign mfa thaw'),
  ];
}

const thaw = command<Record<string, never>>({
  path: 'mfa thaw',
  access: 'mfa:freeze',
  input: () => z.object({}) as unknown as z.ZodType<Record<string, never>>,
  run: async (context) => {
    const desk = await context.desk();
    const ended = await thawResets(desk, context.operator());
    const line =
      ended === null
        ? 'Resets were not frozen.'
        : 'Resets are allowed again. See interrupted jobs: countersign job list';
    return { view: [block.lines(line)], document: { freeze: null } };
  },
});

export const commands: readonly Command[] = [freeze, thaw];
