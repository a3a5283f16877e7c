/** Files, standard input and stored sessions for commands. Part of main's room. */
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Files, Sessions } from '../commands/ports.js';
import { sha256Hex } from '../crypto/digests.js';
import { Refusal } from '../errors.js';

/** A secret is one line. Longer input is a mistake, such as a whole file. */
const SECRET_BYTES = 4_096;

export function openFiles(openStdin: () => NodeJS.ReadableStream, signal: AbortSignal): Files {
  const stdin = () => stoppedBy(signal, openStdin());
  const readStdin = async (): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin()) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString('utf8');
  };
  return {
    readText: async (path) => (path === '-' ? readStdin() : guardedRead(path)),
    readChunks: (path) => (path === '-' ? (stdin() as AsyncIterable<Uint8Array>) : readChunks(path)),
    readSecretLine: async (option) => {
      const text = (await readStdin()).replace(/\r?\n$/, '');
      if (text === '' || /[\r\n]/.test(text) || Buffer.byteLength(text) > SECRET_BYTES) {
        throw new Refusal('invalid-input', `${option}: standard input must be exactly one line with the secret`, {
          hint: `For instance: printf '%s\\n' "$SECRET" | countersign … ${option}`,
        });
      }
      return text;
    },
    write: async (path, content) => writeWhole(path, content),
    exists: async (path) => existsSync(path),
    list: async (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []),
    makeFolder: async (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  };
}

/** Lets Ctrl-C end a wait for input. */
function stoppedBy(signal: AbortSignal, stream: NodeJS.ReadableStream): NodeJS.ReadableStream {
  const stop = () =>
    (stream as Readable).destroy(
      new Refusal('cancelled', 'interrupted while reading standard input; nothing was changed'),
    );
  if (signal.aborted) stop();
  else {
    signal.addEventListener('abort', stop, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', stop));
  }
  return stream;
}

function guardedRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* readChunks(path: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Refusal {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new Refusal('invalid-input', `${path} cannot be read${code === '' ? '' : ` (${code})`}`, {
    hint: 'Check the path; - means standard input.',
    cause: error,
  });
}

/** Writes beside the place, flushes, then renames, so that a reader sees the old file or the whole new one. */
function writeWhole(path: string, content: string): void {
  const target = resolve(path);
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  try {
    const handle = openSync(beside, 'w', 0o600);
    try {
      writeSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Refusal('invalid-input', `${path} cannot be written (${code})`, {
      hint: 'Check that the folder exists, that you may write to it, and that the disk has space.',
      cause: error,
    });
  }
}

/** Tokens of sessions, one 0600 file for each store and name. Creates the folder on first use. */
export function openSessions(place: () => Promise<{ folder: string; store: string }>): Sessions {
  const fileOf = async (kind: string, name: string) => {
    const { folder, store } = await place();
    const key = sha256Hex(JSON.stringify([store, name])).slice(0, 24);
    return { folder, file: join(folder, `${kind}-${key}`) };
  };
  return {
    read: async (kind, name) => {
      const { file } = await fileOf(kind, name);
      return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
    },
    write: async (kind, name, token) => {
      const { folder, file } = await fileOf(kind, name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(file, `${token}\n`);
    },
    remove: async (kind, name) => rmSync((await fileOf(kind, name)).file, { force: true }),
  };
}

/** Private folders of this process, removed when it ends. */
export function temporaryFolders(): { make(): string; removeAll(): void } {
  const made: string[] = [];
  return {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
      made.push(folder);
      return folder;
    },
    removeAll: () => {
      for (const folder of made) rmSync(folder, { recursive: true, force: true });
    },
  };
}
