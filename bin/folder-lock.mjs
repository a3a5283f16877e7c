/** One set-up per folder at a time: a second one waits, and then finds nothing left to do. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, SetupFailure, say, stopRunning } from './run-npm.mjs';

const lockFile = path.join(root, '.setup-lock');

export async function takeLock() {
  for (let told = false; ; ) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new SetupFailure(`This folder cannot be set up, because it cannot be written (${error.code}): ${root}`);
    }
    if (!holderIsAlive()) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!told) say('Waiting for another set-up of this folder …\n');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  process.on('exit', () => rmSync(lockFile, { force: true }));
  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      // The lock is held until npm has let go of the folder.
      void stopRunning().finally(() => process.exit(exit));
    });
  }
}

/** A lock whose process is gone, or that is older than any set-up takes, is left over. */
function holderIsAlive() {
  try {
    const age = Date.now() - statSync(lockFile).mtimeMs;
    const pid = Number(readFileSync(lockFile, 'utf8'));
    if (age > 15 * 60_000) return false;
    if (pid === 0) return age < 5_000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
