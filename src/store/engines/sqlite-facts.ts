/** What doctor and monitors ask of the embedded store, without opening it. */
import { lstatSync, statfsSync, statSync } from 'node:fs';
import { Refusal } from '../../errors.js';

/** Bytes that anybody may still write there. */
export function freeAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Refuses a store that other users can write to, because they could grant themselves anything. */
export function refuseIfOthersCanWrite(path: string): void {
  const facts = lstatSync(path).isSymbolicLink() ? statSync(path) : lstatSync(path);
  const sticky = facts.isDirectory() && (facts.mode & 0o1000) !== 0;
  if ((facts.mode & 0o022) === 0 || sticky) return;
  throw new Refusal('config', `other users can write to ${path} (mode ${(facts.mode & 0o777).toString(8)})`, {
    hint: `Find out who has changed it, then: chmod go-w '${path}'`,
  });
}
