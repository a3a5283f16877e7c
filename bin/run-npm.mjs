/** Runs npm and other commands for the setup, quietly. Their output is shown only if they fail. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export const say = (text) => process.stderr.write(text);

/** Ends the setup with one sentence, and below it the output of the failed command. */
export class SetupFailure extends Error {
  constructor(sentence, output = '', exit = 1) {
    super(sentence);
    this.output = output;
    this.exit = exit;
  }
}

let running;

/** Stops the command that is running and everything that it started, and waits until it has ended. */
export async function stopRunning() {
  const child = running;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.on('close', resolve));
  const tell = (signal) => (process.platform === 'win32' ? child.kill(signal) : process.kill(-child.pid, signal));
  tell('SIGTERM');
  const patience = setTimeout(() => tell('SIGKILL'), 5_000);
  await gone;
  clearTimeout(patience);
}

/** Runs a command quietly. Resolves to its success and everything that it printed. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = '';
    // A process group of its own, so that the command and its children can be stopped.
    const detached = process.platform !== 'win32';
    running = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached, ...options });
    for (const stream of [running.stdout, running.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    running.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    running.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

/** Settings of a surrounding npm command (`npm i -g`, `npm pack --dry-run`, …) that must not shape the install in here. */
const FOREIGN_SETTINGS =
  /^npm_config_(global|location|prefix|local_prefix|global_prefix|omit|include|only|also|production|dev|optional|dry_run|ignore_scripts|package_lock.*|workspaces?|include_workspace_root|install_.*|global_style|save.*|force|json|parseable|loglevel|foreground_scripts|if_present|allow_.*|strict_allow_scripts)$/i;

export function npm(args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name)));
  Object.assign(env, {
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_loglevel: 'error',
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
  });
  // If this Node has its headers, node-gyp does not have to download them.
  const prefix = path.dirname(path.dirname(process.execPath));
  if (env.npm_config_nodedir === undefined && existsSync(path.join(prefix, 'include', 'node', 'node.h'))) {
    env.npm_config_nodedir = prefix;
  }
  const cli = process.env.npm_execpath ?? '';
  if (/npm-cli\.js$/.test(cli) && existsSync(cli)) return run(process.execPath, [cli, ...args], { env });
  return run('npm', args, { env, shell: process.platform === 'win32' });
}

/** Prints what is being done and, at the end, how long it took. */
export async function step(label, work) {
  const start = performance.now();
  say(`${label} … `);
  try {
    await work();
    say(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    say('failed\n');
    throw error;
  }
}
