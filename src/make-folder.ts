/**
 * Makes a folder that only its owner may enter, and those above it that are missing. Node's own way with `recursive` never ends where the
 * system says that a parent is missing although it is there, as it does in /proc.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Throws what the system says. */
export function makeFolder(folder: string): void {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) makeFolder(parent);
  if (isFolder(folder)) return;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if (!isFolder(folder)) throw error;
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Throws where this account may not look: what it cannot see is not missing. Nothing is at a path that cannot be one. */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (/ENOTDIR|ELOOP|ENAMETOOLONG/.test(String(error))) return false;
    throw error;
  }
}
