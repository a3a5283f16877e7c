/** `outbox list`, `show`, `flush`: queued and sent messages. Content and codes are sealed and never shown. */

import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import { switchedOff, switchOn } from '../../procedures/messages/channel-switch.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { findMessage, listOutbox, type WaitingMessage } from '../../procedures/messages/read-outbox.js';
import { testDelivery } from '../../procedures/messages/test-delivery.js';
import { pause } from '../../procedures/pause.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

const minute = (time: number | null): string => (time === null ? '' : localMinute(time));

const documentOf = (message: WaitingMessage) => ({
  ...message,
  createdAt: iso(message.createdAt),
  nextAttemptAt: iso(message.nextAttemptAt),
  deliveredAt: iso(message.deliveredAt),
});

const offDocument = (off: ReadonlyMap<string, number>) =>
  Object.fromEntries([...off].map(([kind, since]) => [kind, { since: iso(since) }]));

/** A channel whose receiver answered HTTP 410 (gone) stays off until a person has checked it. */
function offLines(off: ReadonlyMap<string, number>): View {
  const lines = [...off].map(
    ([kind, since]) => `The ${kind} is off since ${minute(since)}: its receiver asked for no more (HTTP 410).`,
  );
  if (lines.length === 0) return [];
  return [block.lines(...lines), block.next('countersign outbox flush --again   (when its receiver works again)')];
}

/** Why a message was not delivered; a table has no room for a sentence. */
function troubleOf({ id, attempts, lastError, state }: WaitingMessage): readonly string[] {
  if (state === 'delivered' || lastError === null) return [];
  return [`${id}: ${lastError} (${attempts} ${attempts === 1 ? 'try' : 'tries'})`];
}

const list = command({
  path: 'outbox list',
  access: 'outbox:read',
  options: ['--state <state>', '--limit <n>'],
  input: () =>
    z.object({
      state: z.enum(['queued', 'delivered', 'given-up', 'dropped']).optional(),
      limit: z.coerce.number().int().min(1).max(10_000).default(50),
    }),
  run: async (context, { state, limit }) => {
    const desk = await context.desk();
    const messages = await listOutbox(desk, state, limit);
    const off = await switchedOff(desk);
    return {
      view: [
        block.table(
          [{ title: 'created', whole: true }, 'message', 'to', { title: 'state', whole: true }, 'id'],
          messages.map((message) => [
            minute(message.createdAt).slice('2026-'.length),
            message.template,
            message.to,
            message.state,
            message.id,
          ]),
          'No messages.',
        ),
        block.lines(...messages.flatMap(troubleOf)),
        ...offLines(off),
      ],
      document: { messages: messages.map(documentOf), off: offDocument(off) },
    };
  },
});

const show = command({
  path: 'outbox show',
  access: 'outbox:read',
  arguments: ['<message>'],
  input: () => z.object({ message: z.string() }),
  run: async (context, { message: id }) => {
    const message = await findMessage(await context.desk(), id);
    const rows: readonly (readonly [string, string])[] = [
      ['Message', `${message.template} by ${message.channel}`],
      ['To', message.to],
      ['State', message.state],
      ['Created', minute(message.createdAt)],
      ['Tries', String(message.attempts)],
      ['Next try', minute(message.nextAttemptAt)],
      ['Delivered', minute(message.deliveredAt)],
      ['Last error', message.lastError ?? ''],
      ['Reference', message.reference ?? ''],
      ['User', message.user ?? ''],
    ];
    return {
      view: [block.fields(...rows.filter(([, value]) => value !== ''))],
      document: { message: documentOf(message) },
    };
  },
});

/** Messages that are not due yet: after a failure the schedule sets the next try, and a flush does not bring it forward. */
const laterLines = (later: number): readonly string[] =>
  later === 0 ? [] : [`${later} more ${later === 1 ? 'is' : 'are'} not due yet.`];

const flush = command({
  path: 'outbox flush',
  access: 'outbox:flush',
  options: ['--again', '--watch'],
  input: () => z.object({ again: z.boolean().default(false), watch: z.boolean().default(false) }),
  run: async (context, { again, watch }) => {
    const desk = await context.desk();
    if (again) await switchOn(desk, context.operator());
    if (watch) return work(context, desk);
    const report = await deliverDue(desk, { signal: context.signal, step: () => undefined });
    const off = await switchedOff(desk);
    const { queued = 0 } = await desk.store.read.outbox.counts();
    const later = Math.max(0, queued - report.waiting);
    const dropped = report.dropped === 0 ? '' : `, ${report.dropped} dropped (their codes are over)`;
    const words = `${report.delivered} delivered, ${report.waiting} to retry, ${report.givenUp} given up${dropped}`;
    if (report.givenUp > 0) {
      throw new Refusal('delivery-failed', `some messages could not be delivered: ${words}`, {
        hint: 'To see which and why: countersign outbox list --state given-up',
        also: { delivery: { ...report, later } },
      });
    }
    return {
      view: [block.lines(`${words[0]?.toUpperCase() ?? ''}${words.slice(1)}.`, ...laterLines(later)), ...offLines(off)],
      document: { delivery: { ...report, later }, off: offDocument(off) },
      exit: report.waiting > 0 ? 4 : 0,
    };
  },
});

/** One line where something happened; a store that is busy or gone for a while does not end it. */
async function work(context: Context, desk: Desk): Promise<Result> {
  let total = 0;
  while (!context.signal.aborted) {
    try {
      const { delivered, givenUp, dropped } = await deliverDue(desk, { signal: context.signal, step: () => undefined });
      total += delivered;
      if (delivered + givenUp + dropped > 0)
        context.notice(`${localMinute(desk.now())} ${delivered} delivered, ${givenUp} given up, ${dropped} dropped`);
    } catch (error) {
      if (!isRefusal(error) || !['busy', 'store-unreachable'].includes(error.code)) throw error;
      context.notice(`${localMinute(desk.now())} ${error.message}; the next try is in ${WATCH_MS / 1_000} seconds`);
    }
    await pause(WATCH_MS, context.signal);
  }
  return {
    view: [{ kind: 'lines', lines: [`Stopped. ${total} delivered.`] }],
    document: { delivery: { delivered: total } },
  };
}

const WATCH_MS = 2_000;

const test = command({
  path: 'outbox test',
  access: 'outbox:flush',
  arguments: ['<address>'],
  input: () => z.object({ address: z.string() }),
  run: async (context, { address }) => {
    const desk = await context.desk();
    const { id, state, why } = await testDelivery(desk, context.operator(), address);
    if (state !== 'delivered')
      throw new Refusal('delivery-failed', `the message ${id} was not taken: ${why ?? 'it waits'}`, {
        hint: 'Check [mail] in the config file. To see the message: countersign outbox list',
      });
    return {
      view: [{ kind: 'lines', lines: [`Sent by ${desk.channels.pick('email').name}: ${id} to ${address}.`] }],
      document: { test: { id, state } },
    };
  },
});

export const commands: readonly Command[] = [list, show, flush, test];
