/**
 * Which paths may be written (S19: a report replaced the master key): none inside the desk's own folders, also not through a symbolic link,
 * and no file that countersign did not write. Part of main's room.
 */
import { closeSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { FileKind } from '../commands/ports.js';
import type { Settings } from '../config.js';
import { Refusal } from '../errors.js';

const START_BYTES = 4_096;

/** The desk's folders, and paths in folders that it shares with others: whatever begins with one of them (`desk.db-wal`) belongs to it. */
export const ownPlaces = ({ folders, engine, store, key, dataFolder }: Settings) => ({
  folders: [folders.data, folders.config, folders.state],
  files: [...(engine === 'sqlite' ? [store] : []), ...('file' in key ? [key.file] : []), join(dataFolder, 'outbox')],
});

/** Refusal `invalid-input` if the place is the desk's own. */
export function requireForeign(path: string, own: ReturnType<typeof ownPlaces>): void {
  const target = realPlace(path);
  const folder = own.folders.map(realPlace).find((place) => target === place || target.startsWith(place + sep));
  const file = own.files.map(realPlace).find((place) => target.startsWith(place));
  const found = folder ?? file;
  if (found === undefined) return;
  throw new Refusal('invalid-input', `${path} is not written: ${found} belongs to the desk`, {
    hint: 'Name a file in another folder.',
  });
}

/** Refusal `invalid-input` if something is there that is not an earlier file of this kind. */
export function requireReplaceable(path: string, { what, begins, ownOnly }: FileKind): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined || (facts.isFile() && facts.size === 0)) return;
  const own = facts.isFile() && (ownOnly !== true || (facts.mode & 0o077) === 0);
  if (own && begins.test(startOf(path))) return;
  throw new Refusal('invalid-input', `${path} is not replaced: it is not ${what} that countersign wrote`, {
    hint: 'Name another file, or remove this one first.',
  });
}

/** The path with every symbolic link resolved, also if only a part of it exists. */
function realPlace(path: string): string {
  const place = resolve(path);
  try {
    return realpathSync(place);
  } catch {
    const above = dirname(place);
    return above === place ? place : join(realPlace(above), basename(place));
  }
}

function startOf(path: string): string {
  try {
    const handle = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(START_BYTES);
      return bytes.subarray(0, readSync(handle, bytes, 0, START_BYTES, 0)).toString('utf8');
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}
