/** Streams as the program sees them: writes wait for the reader, and a closed pipe is not an error. Part of main's room. */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { Readable } from 'node:stream';
import { isatty, type WriteStream } from 'node:tty';
import type { OutStream } from '../house.js';

/** So much a pipe takes at once, whether its reader is quick or not. */
const PIPE_BYTES = 16_384;

/**
 * Standard output or error of the process. If the reader closes it (`| head -1`), later output is dropped without an error. A file is written
 * in a loop, because one call may write less than asked, also on a full disk (T26), and so is the beginning of what goes to a pipe: Node's own
 * streams wait for a slow reader without holding up the process, but to load them takes a fifth of the start of Node, and most answers are
 * short. `refused` words what the system reports; without it that is dropped too: there is nobody to tell.
 */
export function outStream(fd: 1 | 2, open: () => WriteStream, refused?: (code: string) => Error): OutStream {
  let closed = false;
  let failed: Error | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    if (refused === undefined || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closed = true;
    else failed = refused(error.code ?? error.message);
  };
  const isTTY = once(() => isTerminal(fd));
  const stream = once(() => open().on('error', fail));
  /** Bytes that may go straight to the descriptor. */
  const room = once(() => ({ left: isTTY() ? 0 : isFile(fd) ? Number.POSITIVE_INFINITY : PIPE_BYTES }));
  return {
    get isTTY() {
      return isTTY();
    },
    isClosed: () => closed,
    get columns() {
      return (isTTY() && stream().columns) || 80;
    },
    write: async (text) => {
      if (failed !== undefined) throw failed;
      if (closed || text === '') return;
      const bytes = Buffer.from(text);
      const done = bytes.length > room().left ? 0 : writeSome(fd, bytes, fail);
      room().left = done === bytes.length ? room().left - done : 0;
      const isOver = closed || failed !== undefined;
      if (!isOver && done < bytes.length)
        await new Promise<void>((taken) => void stream().write(bytes.subarray(done), () => taken()));
      // A callback may come before the event.
      if (failed !== undefined) throw failed;
    },
  };
}

/** Only a device can be a terminal. Others are not asked about, because asking loads Node's streams for the network. */
export function isTerminal(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isCharacterDevice() && facts.rdev !== statSync(devNull).rdev && isatty(fd);
}

function isFile(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isFile() || facts.isCharacterDevice();
}

/** How many bytes were written before the reader was slow, or the system refused. */
function writeSome(fd: number, bytes: Buffer, fail: (error: NodeJS.ErrnoException) => void): number {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) fail(error as NodeJS.ErrnoException);
  }
  return done;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Streams in memory, for a command that runs inside another. */
export function captureStreams(stdin: string) {
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
