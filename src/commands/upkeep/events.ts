/** `events resend`: what other systems have missed. */
import * as z from 'zod';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { resendEvents } from '../../procedures/upkeep/resend-events.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

const resend = command({
  path: 'events resend',
  access: 'outbox:flush',
  options: ['--since <seq>'],
  own: () => ({ since: z.coerce.number<string>().int('must be a whole number').min(0) }),
  run: async ({ context, desk, signed, words }, { since }) => {
    const queued = await resendEvents(desk, signed, since);
    const { delivered, waiting } = await deliverDue(desk, { signal: context.signal, step: () => undefined });
    return {
      view: [block.lines(words('remote.resent', { count: queued, since }))],
      document: { events: { since, queued, delivered, waiting } },
    };
  },
});

export const commands: readonly Command[] = [resend];
