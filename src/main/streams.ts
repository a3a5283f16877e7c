/** Streams as the program sees them: writes wait for the reader, and a closed pipe is not an error. Part of main's room. */
import { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { OutStream } from '../commands/world.js';

/** A stream of the process. If the reader closes it (`| head -1`), later output is dropped without an error. */
export function outStream(stream: WriteStream): OutStream {
  let closed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closed = true;
    else throw error;
  });
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (closed || text === '') resolve();
        else stream.write(text, () => resolve());
      }),
  };
}

export interface Captured {
  readonly streams: {
    readonly stdin: () => NodeJS.ReadableStream;
    readonly stdout: OutStream;
    readonly stderr: OutStream;
  };
  texts(): { stdout: string; stderr: string };
}

/** Streams in memory, for a command that runs inside another. */
export function captureStreams(stdin: string): Captured {
  const kept = { stdout: '', stderr: '' };
  const keep = (name: 'stdout' | 'stderr'): OutStream => ({
    isTTY: false,
    columns: 80,
    write: async (text) => {
      kept[name] += text;
    },
  });
  return {
    streams: {
      stdin: () => Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
      stdout: keep('stdout'),
      stderr: keep('stderr'),
    },
    texts: () => ({ ...kept }),
  };
}
