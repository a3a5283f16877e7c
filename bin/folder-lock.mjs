/** Allows one setup of a folder at a time. A second one waits, and then finds that everything is done. */
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
        throw new SetupFailure(`The setup cannot write to this folder (${error.code}): ${root}`);
    }
    if (!holderIsAlive()) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!told) say('Waiting for another setup of this folder …\n');
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
      // Keeps the lock until npm has stopped, so that nobody else writes to the folder.
      void stopRunning().finally(() => process.exit(exit));
    });
  }
}

/** A lock is stale if its process has ended, or if it is older than any setup takes. */
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
