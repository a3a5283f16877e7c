/**
 * The one list of sinks for the log, and the settings that choose one:
 *
 *   [sink]  kind = "file"     path
 *           kind = "syslog"   address = "tcp://host:port" | "udp://host:port" | "unix:/path"   hostname
 *           kind = "webhook"  url, secretFile, allowPrivate
 */

import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Refusal } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import type { DeliveryEffects } from './channel.js';
import { Section } from './section.js';
import { type Sink, type SinkEntry, systemWhy } from './sink.js';
import { openSyslogSink, readSyslogSink } from './sink-syslog.js';
import { postSigned, readWebhookConfig, type WebhookConfig } from './webhook.js';

const SINKS: Readonly<Record<string, (section: Section) => (effects: DeliveryEffects) => Sink>> = {
  file: (section) => {
    const path = section.text('path');
    return (effects) => openFileSink(resolve(effects.dataFolder, path));
  },
  syslog: (section) => {
    const config = readSyslogSink(section);
    return (effects) => openSyslogSink(config, effects);
  },
  webhook: (section) => {
    const config = readWebhookConfig(section);
    return (effects) => openWebhookSink(config, effects);
  },
};

/** The sink that the settings name, or null. Refusal `config` with every fault. */
export function readSinkConfig(settings: unknown): ((effects: DeliveryEffects) => Sink) | null {
  const table = (settings as { readonly sink?: unknown } | null)?.sink;
  if (table === undefined) return null;
  const section = new Section('sink', table);
  const kinds = Object.keys(SINKS);
  const kind = section.oneOf('kind', kinds, 'file');
  const open = SINKS[kind]?.(section) ?? null;
  const problems = section.finish();
  if (problems.length === 0) return open;
  const hint = 'Correct the config file, then check it with: countersign doctor';
  throw new Refusal('config', 'the settings for the sink of the log are not valid', { problems, hint });
}

/** Longer than any entry of the log: a chunk of a bulk run names several hundred users. */
const TAIL_BYTES = 1_048_576;

/**
 * A file that only grows, one canonical entry per line (NDJSON), inside the data folder if its path is not absolute. Entries count as accepted
 * after they are flushed to disk.
 */
function openFileSink(path: string): Sink {
  return {
    place: `file ${path}`,
    async send(entries) {
      try {
        await append(path, entries);
        return { ok: true };
      } catch (error) {
        return systemWhy('the file of the sink could not be written', error);
      }
    },
  };
}

async function append(path: string, entries: readonly SinkEntry[]): Promise<void> {
  makeFolder(dirname(path));
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(tail, 0, tail.length, size - tail.length);
    const text = tail.toString('utf8');
    // A crash can leave half a line. End that line, so that it does not damage the next one.
    const start = text === '' || text.endsWith('\n') ? '' : '\n';
    const lines = notYet(entries, text).map(({ body }) => `${body}\n`);
    if (lines.length > 0) await file.appendFile(start + lines.join(''));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A sender that crashed after the flush sends the same entries again. Skip those that are already at the end of the file. */
function notYet(entries: readonly SinkEntry[], tail: string): readonly SinkEntry[] {
  const last = tail.endsWith('\n') ? tail.slice(0, -1).split('\n').at(-1) : undefined;
  const at = last === undefined || last === '' ? -1 : entries.findIndex(({ body }) => body === last);
  return entries.slice(at + 1);
}

/**
 * Entries by signed HTTP POST (Standard Webhooks), many at once: `{"type":"audit.entries","timestamp":…,"data":{"entries":[…]}}`, each
 * entry as the object that was hashed. The id names the range, so that a receiver can drop entries that it already has.
 */
function openWebhookSink(config: WebhookConfig, effects: DeliveryEffects): Sink {
  return {
    place: `webhook ${config.url}`,
    async send(entries, now) {
      const id = `aud_${entries[0]?.seq ?? 0}-${entries.at(-1)?.seq ?? 0}`;
      const answer = await postSigned(config, effects, { id, body: bodyOf(entries, now), now });
      if ('why' in answer) return { ok: false, why: answer.why };
      if (answer.status >= 200 && answer.status <= 299) return { ok: true };
      return { ok: false, why: `the receiver of the log answered ${answer.status}` };
    },
  };
}

/** Contains the entries byte for byte, so that a receiver can hash them again. */
function bodyOf(entries: readonly SinkEntry[], now: number): string {
  const timestamp = JSON.stringify(new Date(now).toISOString());
  return `{"type":"audit.entries","timestamp":${timestamp},"data":{"entries":[${entries.map(({ body }) => body).join(',')}]}}`;
}
