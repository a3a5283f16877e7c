/** Streams as the program sees them: writes wait for the reader, and a closed pipe is not an error. Part of main's room. */
import { constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { Readable } from 'node:stream';
import { isatty, type WriteStream } from 'node:tty';
import type { OutStream } from '../house.js';

/** Of a socket, which cannot be opened anew: so little finds room in it. */
const SOCKET_BYTES = 4_096;

/**
 * Standard output or error of the process. If the reader closes it (`| head -1`), later output is dropped without an error. A file is written
 * in a loop, because one call may write less than asked, also on a full disk (T26), and so is a pipe until it is full: Node's own streams wait
 * for a slow reader without holding up the process, but to load them takes a fifth of the start of Node, and most answers are short. `refused`
 * words what the system reports; without it that is dropped too: there is nobody to tell.
 */
export function outStream(fd: 1 | 2, open: () => WriteStream, refused?: (code: string) => Error): OutStream {
  let closed = false;
  let failed: Error | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    if (refused === undefined || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closed = true;
    else failed = refused(error.code ?? error.message);
  };
  let stream: WriteStream | undefined;
  let way: ReturnType<typeof directWay> | undefined;
  return {
    get isTTY() {
      return isTerminal(fd);
    },
    isClosed: () => closed,
    get columns() {
      return (isTerminal(fd) && open().columns) || 80;
    },
    write: async (text) => {
      if (failed !== undefined) throw failed;
      if (closed || text === '') return;
      const bytes = Buffer.from(text);
      way ??= directWay(fd);
      const done = bytes.length > way.left ? 0 : writeSome(way.at, bytes, fail);
      way.left = done === bytes.length ? way.left - done : 0;
      if (!closed && failed === undefined && done < bytes.length) {
        stream ??= open().on('error', fail);
        const to = stream;
        await new Promise<void>((taken) => void to.write(bytes.subarray(done), () => taken()));
      }
      // A callback may come before the event.
      if (failed !== undefined) throw failed;
    },
  };
}

/** Only a device can be a terminal. Others are not asked about, because asking loads Node's streams for the network. */
export function isTerminal(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isCharacterDevice() && facts.rdev !== statSync(devNull, { throwIfNoEntry: false })?.rdev && isatty(fd);
}

/**
 * Where bytes may go without Node's stream, and how many. A pipe is opened anew, so that a write never waits for its reader: only Linux can,
 * and not for another account's pipe.
 */
function directWay(fd: number): { readonly at: number; left: number } {
  if (isTerminal(fd)) return { at: fd, left: 0 };
  const facts = fstatSync(fd);
  if (facts.isFile() || facts.isCharacterDevice()) return { at: fd, left: Number.POSITIVE_INFINITY };
  if (!facts.isFIFO()) return { at: fd, left: SOCKET_BYTES };
  try {
    const at = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    return { at, left: Number.POSITIVE_INFINITY };
  } catch {
    return { at: fd, left: 0 };
  }
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
