/** Runs a program of data/examples beside this process, for the demo. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Answers its first line; undefined if it ends without one. It ends with this process, because its standard input does, and holds nothing up.
 * No secret of ours is in its environment.
 */
export async function startExample(script: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(process.execPath, [script, ...args], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
  });
  lines.close();
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref?(): void }).unref?.();
  return first;
}
