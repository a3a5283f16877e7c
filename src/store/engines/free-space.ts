/** Room on the disk of an embedded store. */
import { statfsSync } from 'node:fs';

/** Bytes that anybody may still write there. */
export function freeAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
