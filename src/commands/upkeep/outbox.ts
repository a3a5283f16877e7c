/**
 * `outbox …`: queued and sent messages, whose content and codes are sealed and never shown; `events resend`: what other systems have missed;
 * `connector …`: the other systems where logins are reset (B93), and whether their tokens may do just that.
 */
import * as z from 'zod';
import { isRefusal, refusal } from '../../errors.js';
import { switchedOff, switchOn } from '../../procedures/messages/channel-switch.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { findMessage, listOutbox, type WaitingMessage } from '../../procedures/messages/read-outbox.js';
import { pause } from '../../procedures/pause.js';
import { flushOutbox, resendEvents, testDelivery } from '../../procedures/upkeep/care-for-outbox.js';
import { iso } from '../../rules/moment.js';
import { type Command, command, type Operated, type Result, wholeNumber } from '../command.js';
import { block, exitWhenStopped, failure, localMinute, moments } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const listConnectors = command({
  path: 'connector list',
  access: 'outbox:read',
  run: async ({ desk, words }) => {
    const { connectors } = desk;
    const all = await Promise.all(connectors.names().map((name) => connectors.settings(name)));
    const open = all.filter(({ gate }) => gate.kind !== 'suspend').map(({ name }) => name);
    return {
      view: [
        block.table(
          words.all('connector.name', 'connector.kind', 'connector.gate', 'connector.place'),
          all.map(({ name, kind, gate, place }) => [name, kind, words.term('gate', gate.kind), place]),
          words('connector.no-connector'),
        ),
        ...(open.length === 0 ? [] : [block.blank, block.note(words('connector.open-gate', { open }))]),
      ],
      document: { connectors: all.map(({ name, kind, gate, place }) => ({ name, kind, place, gate })) },
    };
  },
});

const checkConnector = command({
  path: 'connector check',
  access: 'outbox:flush',
  arguments: ['<name>'],
  run: async ({ context, desk, words }, { name }) => {
    const connector = await desk.connectors.pick(name, context.signal);
    const found = await connector.check();
    const trouble = words('connector.in-the-way', { trouble: found.why ?? '' });
    const error = failure(found.why !== null, 'delivery-failed', trouble);
    const findings = [
      ...(found.why === null ? [] : [trouble]),
      ...found.missing.map((permission) => words('connector.missing', { permission })),
      ...found.tooMany.map((permission) => words('connector.too-many', { permission })),
      ...found.notes.map((checkNote) => words('connector.note', { checkNote })),
    ];
    return {
      view: [
        findings.length === 0
          ? block.verdict(words('connector.all-right'))
          : block.verdict(words('connector.findings', { count: findings.length }), 'bad'),
        block.lines(...findings),
      ],
      document: { ...error, check: { name, kind: connector.kind, ...found } },
      // Out of reach, partly right, right.
      exit: found.why !== null ? 7 : findings.length > 0 ? 4 : 0,
    };
  },
});

const minute = (time: number | null): string | null => (time === null ? null : localMinute(time));

const documentOf = (message: WaitingMessage) => ({
  ...message,
  ...moments(message, 'createdAt', 'nextAttemptAt', 'deliveredAt'),
});

const offDocument = (off: ReadonlyMap<string, number>) =>
  Object.fromEntries([...off].map(([kind, since]) => [kind, { since: iso(since) }]));

/** A channel whose receiver answered HTTP 410 (gone) stays off until a person has checked it. */
function offLines(off: ReadonlyMap<string, number>, words: Words) {
  const lines = [...off].map(([kind, since]) => words('outbox.off', { kind, since }));
  return lines.length === 0 ? [] : [block.lines(...lines), block.next(words('outbox.on-again'))];
}

const list = command({
  path: 'outbox list',
  access: 'outbox:read',
  options: ['--state <state>', '--limit <n>'],
  own: () => ({
    state: z.enum(['queued', 'delivered', 'given-up', 'dropped']).optional(),
    limit: wholeNumber(1, 10_000).default(50),
  }),
  run: async ({ desk, words }, { state, limit }) => {
    const messages = await listOutbox(desk, state, limit);
    const off = await switchedOff(desk);
    // Below the table, which has no room for a sentence.
    const troubles = messages.flatMap(({ id, attempts, lastError: why, state }) =>
      state === 'delivered' || why === null ? [] : [words('outbox.trouble', { id, why, attempts })],
    );
    const whole = (title: string) => ({ title, whole: true });
    const [to, id] = [words('outbox.to'), words('outbox.id')];
    return {
      view: [
        block.table(
          [whole(words('outbox.created')), words('outbox.message'), to, whole(words('outbox.state')), id],
          messages.map((message) => [
            localMinute(message.createdAt).slice('2026-'.length),
            message.template,
            message.to,
            words.term('messageState', message.state),
            message.id,
          ]),
          words('outbox.none'),
        ),
        block.lines(...troubles),
        ...offLines(off, words),
      ],
      document: { messages: messages.map(documentOf), off: offDocument(off) },
    };
  },
});

const show = command({
  path: 'outbox show',
  access: 'outbox:read',
  arguments: ['<message>'],
  run: async ({ desk, words }, { message: id }) => {
    const message = await findMessage(desk, id);
    const { template, channel, lastError } = message;
    return {
      view: [
        block.fields(
          [words('outbox.Message'), words('outbox.by', { template, channel })],
          [words('outbox.To'), message.to || null],
          [words('outbox.State'), words.term('messageState', message.state)],
          [words('outbox.Created'), minute(message.createdAt)],
          [words('outbox.Tries'), String(message.attempts)],
          [words('outbox.next-try'), minute(message.nextAttemptAt)],
          [words('outbox.Delivered'), minute(message.deliveredAt)],
          [words('outbox.last-error'), lastError ? words.known(words.term('trouble', lastError)) : null],
          [words('outbox.Reference'), message.reference || null],
          [words('outbox.User'), message.user],
        ),
      ],
      document: { message: documentOf(message) },
    };
  },
});

const flush = command({
  path: 'outbox flush',
  access: 'outbox:flush',
  options: ['--again', '--watch'],
  run: async (at, { again, watch }) => {
    const { context, desk, signed, words } = at;
    if (again) await switchOn(desk, signed);
    if (watch) return work(at);
    const report = await flushOutbox(desk, { signal: context.signal, step: () => undefined });
    const off = await switchedOff(desk);
    const { queued = 0 } = await desk.store.read.outbox.counts();
    // Messages that are not due yet: after a failure the schedule sets the next try, and a flush does not bring it forward.
    const later = Math.max(0, queued - report.waiting);
    const delivery = { ...report, later };
    if (report.givenUp > 0)
      throw refusal('delivery-failed', 'messages-failed', delivery, 'list-given-up', { also: { delivery } });
    const notDue = later === 0 ? [] : [words('outbox.not-due', { later })];
    return {
      view: [block.lines(words('outbox.flushed', delivery), ...notDue), ...offLines(off, words)],
      document: { delivery, off: offDocument(off) },
      exit: report.waiting + report.notDone > 0 ? 4 : 0,
    };
  },
});

/** One line where something happened; a store that is busy or gone for a while does not end it. */
async function work({ context, desk, words }: Operated): Promise<Result> {
  let total = 0;
  while (!context.signal.aborted) {
    try {
      const report = await flushOutbox(desk, { signal: context.signal, step: () => undefined });
      const { waiting: _, ...counts } = report;
      total += counts.delivered;
      if (Object.values(counts).some((count) => count > 0))
        context.notice(words('outbox.watched', { at: desk.now(), ...counts }));
    } catch (error) {
      if (!isRefusal(error) || !['busy', 'store-unreachable'].includes(error.code)) throw error;
      context.notice(words('outbox.retries', { at: desk.now(), why: error.message, seconds: WATCH_MS / 1_000 }));
    }
    await pause(WATCH_MS, context.signal);
  }
  const view = [block.lines(words('outbox.stopped', { total }))];
  return { view, document: { delivery: { delivered: total } }, exit: exitWhenStopped(context.signal) };
}

const WATCH_MS = 2_000;

const test = command({
  path: 'outbox test',
  access: 'outbox:flush',
  arguments: ['<address>'],
  run: async ({ desk, signed, words }, { address }) => {
    const { id, state, why } = await testDelivery(desk, signed, address);
    if (state !== 'delivered') throw refusal('delivery-failed', 'message-not-taken', { id, why }, 'check-mail');
    const channel = desk.channels.pick('email').name;
    return { view: [block.lines(words('outbox.sent', { channel, id, address }))], document: { test: { id, state } } };
  },
});

const resend = command({
  path: 'events resend',
  access: 'outbox:flush',
  options: ['--since <seq>'],
  own: () => ({ since: wholeNumber(0) }),
  run: async ({ context, desk, signed, words }, { since }) => {
    const queued = await resendEvents(desk, signed, since);
    const { delivered, waiting } = await deliverDue(desk, { signal: context.signal, step: () => undefined });
    return {
      view: [block.lines(words('remote.resent', { count: queued, since }))],
      document: { events: { since, queued, delivered, waiting } },
    };
  },
});

export const commands: readonly Command[] = [list, show, flush, test, resend, listConnectors, checkConnector];
