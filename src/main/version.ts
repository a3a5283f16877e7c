/** The version of the installed package. Part of main's room. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `root`: folder of package.json. */
export function versionIn(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
