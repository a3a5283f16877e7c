/** Connectors of the settings (B93), loaded when the first one is used. Part of main's room: it runs their commands. */
import { spawn } from 'node:child_process';
import type { CommandLimits, CommandRun, ConnectorEffects, Connectors } from '../connectors/connector.js';
import type { DeliveryEffects } from '../delivery/channel.js';
import { pause } from '../procedures/pause.js';

export function openConnectors(tables: unknown, delivery: DeliveryEffects): Connectors {
  const { fetch, resolveHost, readFile } = delivery;
  const effects: ConnectorEffects = { fetch, resolveHost, readFile, runCommand, pause, now: Date.now };
  let opened: Promise<Omit<Connectors, 'names'>> | undefined;
  const loaded = async () => {
    opened ??= import('../connectors/registry.js').then((room) => room.openConnectors(tables, effects));
    return opened;
  };
  return {
    names: () => Object.keys(tables ?? {}),
    settings: async (name) => (await loaded()).settings(name),
    pick: async (name, signal) => (await loaded()).pick(name, signal),
    reset: async (name, person, steps) => (await loaded()).reset(name, person, steps),
  };
}

/** What a command gets of our environment: never COUNTERSIGN_TOKEN or another secret. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** Runs one line of the shell in a process group of its own, so that a time limit ends all that it started. */
export function runCommand(
  line: string,
  input: string,
  { timeoutMs, maxBytes, signal }: CommandLimits,
): Promise<CommandRun> {
  if (signal?.aborted === true) return Promise.resolve({ ok: false, why: 'stopped' });
  const env = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', line], { env, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const parts: Buffer[] = [];
    let size = 0;
    const end = (run: CommandRun): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (!run.ok) kill(child.pid);
      resolve(run);
    };
    const fail = (why: Exclude<CommandRun, { ok: true }>['why']) => end({ ok: false, why });
    const stop = () => fail('stopped');
    const timer = setTimeout(() => fail('time-out'), timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > maxBytes) fail('too-large');
      else parts.push(part);
    });
    child.on('error', () => fail('command-failed'));
    child.on('close', (code) => {
      if (code === 0) end({ ok: true, output: Buffer.concat(parts).toString('utf8') });
      else fail('command-failed');
    });
    // A command that does not read its input closes the pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
