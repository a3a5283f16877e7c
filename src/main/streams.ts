/** Streams as the program sees them: writes wait for the reader, and a closed pipe is not an error. Part of main's room. */
import { fstatSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { OutStream } from '../house.js';

/**
 * A stream of the process. If the reader closes it (`| head -1`), later output is dropped without an error; Node tells of it at a write. A file is written in a loop,
 * because one call may write less than asked, also on a full disk (T26). `refused` words what the system reports; without it that is
 * dropped too: there is nobody to tell.
 */
export function outStream(stream: WriteStream & { readonly fd: number }, refused?: (code: string) => Error): OutStream {
  let closed = false;
  let failed: Error | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    if (refused === undefined || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') closed = true;
    else failed = refused(error.code ?? error.message);
  };
  stream.on('error', fail);
  let kind: 'file' | 'other' | undefined;
  return {
    isTTY: stream.isTTY === true,
    isClosed: () => closed,
    get columns() {
      return stream.columns ?? 80;
    },
    write: async (text) => {
      if (failed !== undefined) throw failed;
      if (closed || text === '') return;
      kind ??= isFile(stream) ? 'file' : 'other';
      if (kind === 'other') await new Promise<void>((taken) => void stream.write(text, () => taken()));
      else writeAll(stream.fd, Buffer.from(text), fail);
      // A callback may come before the event.
      if (failed !== undefined) throw failed;
    },
  };
}

function isFile({ fd, isTTY }: { readonly fd: number; readonly isTTY?: boolean }): boolean {
  if (isTTY === true || typeof fd !== 'number') return false;
  const facts = fstatSync(fd);
  return facts.isFile() || facts.isCharacterDevice();
}

function writeAll(fd: number, bytes: Buffer, fail: (error: NodeJS.ErrnoException) => void): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } catch (error) {
    fail(error as NodeJS.ErrnoException);
  }
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
