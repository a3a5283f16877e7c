/** A file that only grows, one canonical entry per line (NDJSON). Entries count as accepted after they are flushed to disk. */
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DeliveryEffects } from './channel.js';
import type { Section } from './section.js';
import type { Sink, SinkEntry } from './sink.js';
import { systemWhy } from './sink-answer.js';

export interface FileSinkConfig {
  /** Absolute, or inside the data folder. */
  readonly path: string;
}

/** Longer than any entry of the log: a chunk of a bulk run names several hundred users. */
const TAIL_BYTES = 1_048_576;

export function readFileSink(section: Section): FileSinkConfig {
  return { path: section.text('path') };
}

export function openFileSink(config: FileSinkConfig, effects: Pick<DeliveryEffects, 'dataFolder'>): Sink {
  const path = resolve(effects.dataFolder, config.path);
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
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
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
