/** Files, standard input and stored sessions for commands. Part of main's room. */
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Files, Sessions } from '../commands/ports.js';
import type { Person } from '../config.js';
import { randomBytes, sha256Hex } from '../crypto/digests.js';
import { Refusal } from '../errors.js';
import { isThere, makeFolder } from '../make-folder.js';
import { pathRefused } from '../opening/locked-mode.js';
import type { pathRules } from './machine.js';
import { requireForeign, requireReplaceable } from './typed-paths.js';

/** A secret is one line. Longer input is a mistake, such as a whole file. */
const SECRET_BYTES = 4_096;
/** Reading stops here. A plan for a hundred thousand users is half of the second. */
const STDIN_SECRET_BYTES = 64 * 1024;
const TEXT_BYTES = 64 * 1024 * 1024;

export function openFiles(
  openStdin: (secret?: string) => NodeJS.ReadableStream,
  signal: AbortSignal,
  rules: ReturnType<typeof pathRules>,
): Files {
  const stdin = (secret?: string) => stoppedBy(signal, openStdin(secret));
  const unlocked = async (path: string): Promise<void> => {
    const lockedBy = await rules.lockedBy();
    if (lockedBy !== undefined) throw pathRefused(path, lockedBy);
  };
  const chunksOf = (path: string, secret?: string) =>
    path === '-' ? (stdin(secret) as AsyncIterable<Uint8Array>) : readChunks(path, () => unlocked(path));
  const writable = async (path: string): Promise<void> => {
    await unlocked(path);
    requireForeign(path, await rules.own());
  };
  return {
    lockedBy: rules.lockedBy,
    readText: async (path, most = TEXT_BYTES, secret = undefined) =>
      textOf(await gather(chunksOf(path, secret), path === '-' ? 'standard input' : path, most)),
    readChunks: (path) => chunksOf(path),
    readSecretLine: async (option) => {
      const text = textOf(await gather(stdin(option), 'standard input', STDIN_SECRET_BYTES)).replace(/\r?\n$|\r$/, '');
      // U+FFFD: a byte that is not UTF-8. The secret typed at a prompt would be another.
      if (text === '' || /[\r\n\ufffd]/.test(text) || Buffer.byteLength(text) > SECRET_BYTES) {
        throw new Refusal('invalid-input', `${option}: standard input must be exactly one line with the secret`, {
          hint: `For instance: printf '%s\\n' "$SECRET" | countersign … ${option}`,
        });
      }
      return text;
    },
    write: async (path, content, kind) => {
      await writable(path);
      requireReplaceable(path, kind);
      writeWhole(path, content);
    },
    requireNew: async (path) => {
      await unlocked(path);
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
        throw new Refusal('invalid-input', `the file ${path} already exists`, { hint: 'Name a new file.' });
      await writable(path);
    },
    exists: async (path) => {
      await unlocked(path);
      return existsSync(path);
    },
    list: async (folder) => {
      await unlocked(folder);
      return existsSync(folder) ? readdirSync(folder).sort() : [];
    },
    makeFolder: async (path) => {
      await writable(path);
      makeFolder(path);
    },
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

/** UTF-16 by its mark, otherwise UTF-8; the mark is not part of the text. Windows PowerShell writes and pipes both. */
function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  return new TextDecoder({ fffe: 'utf-16le', feff: 'utf-16be' }[mark] ?? 'utf-8').decode(bytes);
}

async function gather(chunks: AsyncIterable<Uint8Array | string>, place: string, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += parts[parts.push(Buffer.from(chunk as Uint8Array)) - 1]?.length ?? 0;
    if (size <= most) continue;
    throw new Refusal('invalid-input', `${place} is too long: more than ${most / 1024} KB`, {
      hint: 'Check that it is the right input.',
    });
  }
  return Buffer.concat(parts);
}

async function* readChunks(path: string, allowed: () => Promise<void>): AsyncIterable<Uint8Array> {
  await allowed();
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(path, error);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

function unreadable(path: string, error: unknown): Refusal {
  const code = codeOf(error);
  return new Refusal('invalid-input', `${path} cannot be read${code === '' ? '' : ` (${code})`}`, {
    hint: 'Check the path; - means standard input.',
    cause: error,
  });
}

/** Writes beside the place, flushes, then renames, so that a reader sees the old file or the whole new one. */
export function writeWhole(path: string, content: string): void {
  const target = resolve(path);
  // A name that nobody can guess and put a link in place of; `wx` follows none.
  const beside = join(
    dirname(target),
    `.${basename(target)}.${Buffer.from(randomBytes(9)).toString('base64url')}.part`,
  );
  try {
    const handle = openSync(beside, 'wx', 0o600);
    try {
      // writeSync may write less than asked (T26).
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Refusal('invalid-input', `${path} cannot be written (${codeOf(error)})`, {
      hint: 'Check that the folder exists, that you may write to it, and that the disk has space.',
      cause: error,
    });
  }
}

/** Tokens of sessions, one 0600 file for each store, person and name. Creates the folder on first use. */
export function openSessions(place: () => Promise<{ folder: string; store: string; person: Person }>): Sessions {
  const fileOf = async (kind: string, name: string) => {
    const { folder, store, person } = await place();
    if (person.id === undefined) return undefined;
    const key = sha256Hex(JSON.stringify([store, person.id, name])).slice(0, 24);
    return { folder, file: join(folder, `${kind}-${person.id.replace(/[^\w]+/g, '-')}-${key}`) };
  };
  const requirePerson = async (): Promise<void> => {
    const { person } = await place();
    if (person.id !== undefined) return;
    throw new Refusal('config', `nobody can sign in here: ${person.why}`, {
      hint: 'Several people may use this account, so a session needs proof of who it is. See: countersign help operating   Scripts use a token: COUNTERSIGN_TOKEN',
    });
  };
  return {
    requirePerson,
    read: async (kind, name) => {
      const place = await fileOf(kind, name);
      return place !== undefined && isThere(place.file) ? readFileSync(place.file, 'utf8').trim() : undefined;
    },
    write: async (kind, name, token) => {
      const place = await fileOf(kind, name);
      if (place === undefined) return requirePerson();
      makeFolder(place.folder);
      writeWhole(place.file, `${token}\n`);
    },
    remove: async (kind, name) => {
      const place = await fileOf(kind, name);
      if (place !== undefined) rmSync(place.file, { force: true });
    },
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
