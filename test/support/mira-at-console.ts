/** mira, who signs in to the console with password and code, in a process whose clock the test moves. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { operatorPasswordContext, operatorTotpContext } from '../../src/procedures/seal-contexts.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { seconds } from '../../src/rules/duration.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { fromBase32, referenceCode } from '../factors/reference.js';
import { type ConsoleDesk, consoleDesk } from './console-desk.js';
import { type MovedClock, movedClock } from './moved-clock.js';
import { KEYS, type OpenTerminal, openTerminal } from './pty.js';
import { runInside } from './run-inside.js';

export const PASSWORD = 'a quiet harbour by night 7';
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** Makes the desk before the tests of a file, and closes it after them. */
export function useMira() {
  let made: ConsoleDesk;
  let clock: MovedClock;
  let offset = 0;
  const open: OpenTerminal[] = [];

  const move = (by: number): void => {
    offset += by;
    clock.set(offset);
  };

  /** No code of an earlier step is taken again, so the clock moves on before each. */
  function code(): string {
    move(seconds(60));
    return referenceCode(fromBase32(SEED), (Date.now() + offset) / 1000);
  }

  function countersign(...args: readonly string[]): OpenTerminal {
    const terminal = openTerminal(process.execPath, [clock.script, ...args], {
      env: { ...made.env, COUNTERSIGN_TOKEN: '' },
    });
    open.push(terminal);
    return terminal;
  }

  async function idOfMira(): Promise<string> {
    const row = await made.desk.store.read.operators.byName('mira');
    if (row === undefined) throw new Error('no mira');
    return row.id;
  }

  /** Straight into the store, as another operator's command would. */
  async function change(patch: { verifier?: string; totp?: string; disabled_at?: number | null; role?: OperatorRole }) {
    const id = await idOfMira();
    const entry = { kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM } as const;
    await made.desk.store.record(entry, (write) => write.operators.update(id, patch));
  }

  /** By a command beside the terminals, in this process: as the same person, by the same clock. */
  async function inside(argv: readonly string[], stdin = ''): Promise<void> {
    const ran = await runInside(argv, {
      env: { ...made.env, COUNTERSIGN_TOKEN: '' },
      stdin,
      machine: { uid: process.getuid?.(), parent: process.pid, processes: '/proc' },
      now: () => Date.now() + offset,
    });
    if (ran.exit !== 0) throw new Error(`${argv.join(' ')} ended with ${ran.exit}: ${ran.stdout}${ran.stderr}`);
  }

  const signOut = () => inside(['logout']);

  /** The console of somebody who is signed in already. */
  async function signedIn(): Promise<OpenTerminal> {
    await inside(['login', '--operator', 'mira', '--password-stdin', '--code', code()], `${PASSWORD}\n`);
    const terminal = countersign();
    await terminal.waitFor(/\? Find/);
    return terminal;
  }

  /** Bare `countersign` by nobody who is signed in: it asks in place (E16). */
  async function signIn(): Promise<OpenTerminal> {
    await signOut();
    const terminal = countersign();
    await terminal.waitFor(/Operator/);
    terminal.type(`mira${KEYS.enter}`);
    await terminal.waitFor(/Password of mira/);
    terminal.type(`${PASSWORD}${KEYS.enter}`);
    await terminal.waitFor(/Code from your authenticator app/);
    terminal.type(`${code()}${KEYS.enter}`);
    await terminal.waitFor(/\? Find/);
    return terminal;
  }

  beforeAll(async () => {
    made = await consoleDesk('agent');
    clock = movedClock(made.folder);
    const id = await idOfMira();
    const { secrets, vault } = made.desk;
    await change({
      verifier: await secrets.make('person', 'seal/operator-password', operatorPasswordContext(id), PASSWORD),
      totp: vault.seal('seal/operator-totp', operatorTotpContext(id), SEED),
    });
  }, 120_000);
  afterEach(() => {
    for (const terminal of open.splice(0)) terminal.close();
  });
  afterAll(async () => {
    await made.close();
  });

  return {
    desk: () => made.desk,
    folder: () => made.folder,
    move,
    code,
    countersign,
    change,
    signIn,
    signedIn,
    signOut,
  };
}
