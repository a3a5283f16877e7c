/**
 * The shipped policy with argon2 at the lowest cost that a policy may set: a tenth of the work, for built programs in tests that are not about
 * hashing, and keys of an identity provider on this machine. It is set as an admin would set it, by a policy folder and the config file. Free of vitest, so that scripts may import it.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const shipped = resolve(import.meta.dirname, '../../data');

/** Makes the folder; whoever makes it removes it. */
export function makeFloorPolicy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-policy-'));
  for (const name of ['actions.json', 'roles.json']) cpSync(join(shipped, name), join(folder, name));
  const limits = JSON.parse(readFileSync(join(shipped, 'limits.json'), 'utf8')) as Record<string, unknown>;
  const hashing = { memoryKiB: 19_456, passes: 2, lanes: 1 };
  writeFileSync(
    join(folder, 'limits.json'),
    JSON.stringify({ ...limits, hashing, codeHashing: hashing, sso: { loopbackKeys: true } }),
  );
  return folder;
}

/** `configHome` is what XDG_CONFIG_HOME will be. */
export function usePolicy(configHome: string, policyFolder: string): void {
  const folder = join(configHome, 'countersign');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'config.toml'), `policy = ${JSON.stringify(policyFolder)}\n`, { mode: 0o600 });
}
