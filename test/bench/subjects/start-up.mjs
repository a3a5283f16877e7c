/**
 * What a person waits before the first character, against a Node that does nothing. In an environment with nothing in it but what a command
 * needs: where it names certificates, an empty Node takes twice as long, which would hide our own share.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const countersign = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'countersign.js');

const { PATH, HOME, LANG = 'C.UTF-8' } = process.env;

/** Milliseconds of a whole Node process, from start to exit. */
function runNode(...args) {
  const start = performance.now();
  const stdio = ['ignore', 'pipe', 'pipe'];
  const { status, stderr } = spawnSync(process.execPath, args, { stdio, encoding: 'utf8', env: { PATH, HOME, LANG } });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return took;
}

const emptyNode = () => runNode('-e', '0');

export const subjects = [
  {
    name: 'start-up: --version',
    reach: 1.25,
    rounds: 41,
    floor: emptyNode,
    figure: () => runNode(countersign, '--version'),
  },
  { name: 'start-up: --help', reach: 1.35, rounds: 41, floor: emptyNode, figure: () => runNode(countersign, '--help') },
];
