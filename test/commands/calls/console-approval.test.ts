/** Approvals that are seen without a key: the line in the lead's console, the agent's screen, and `approval list --watch` (B81, E13). */
import { beforeAll, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { act } from '../../../src/procedures/authorise.js';
import { approvalEntry, requestApproval } from '../../../src/procedures/resets/approvals.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { RESETTING_MANY } from '../../../src/procedures/resets/plan-reset.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { minutes } from '../../../src/rules/duration.js';
import { PHRASE } from '../../support/console-desk.js';
import { PASSWORD, useMira } from '../../support/mira-at-console.js';
import { KEYS, type OpenTerminal } from '../../support/pty.js';
import { signedOperator } from '../../support/signed-operator.js';

const { desk, move, code, countersign, change, signedIn } = useMira();

/** A request of somebody else; answers its id. */
async function request(by: SignedOperator, ticket: string): Promise<string> {
  const users = ['usr_acc_100234_ben.otto'];
  const plan = { desk: 'sto_test', final: false, reason: 'phones lost', ticket, grant: null, caller: null };
  const asked = await act<'mfa:reset-bulk', Awaited<ReturnType<typeof requestApproval>>>(desk(), by, RESETTING_MANY, {
    entry: (done) => approvalEntry(done.request, 'requested'),
    change: (acting) => requestApproval(acting, 'admin-target', { kind: 'bulk', ...plan, users }),
  });
  return asked.request.id;
}

const standing = async (id: string) => (await desk().store.read.approvals.byId(id))?.state;

/** What ana would lose; without it nobody is asked. */
beforeAll(async () => {
  const factor = { id: 'fac_ana', user_id: 'usr_acc_100234_ana.trujillo', kind: 'email', label: '', secret: null };
  const more = { state: 'active', last_step: null, created_at: 1, confirmed_at: 1, suspended_by: null };
  await desk().store.record({ kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM }, (write) =>
    write.factors.insert({ ...factor, ...more }),
  );
});

/** `enter`: what ends an answer in plain lines. */
async function askOwnReset(terminal: OpenTerminal, enter = ''): Promise<string> {
  terminal.type(`ana.trujillo${KEYS.enter}`);
  await terminal.waitFor(/\? Request/);
  terminal.type(`6${enter}`);
  await terminal.waitFor(/\? Phrase/);
  terminal.type(`${PHRASE}${KEYS.enter}`);
  await terminal.waitFor(/VERIFIED/);
  terminal.type(`1${enter}`);
  for (let asked = ''; asked !== 'Reset whom'; ) {
    const screen = await terminal.waitFor(/\? (Reset whom|Code)/);
    asked = /\? (Reset whom|Code)/.exec(screen)?.[1] ?? '';
    if (asked === 'Code') terminal.type(`${code()}${KEYS.enter}`);
  }
  terminal.type(`trujillo${KEYS.enter}`);
  await terminal.waitFor(/\? Reason/);
  terminal.type(KEYS.enter);
  await terminal.waitFor(/\? Ticket/);
  terminal.type(KEYS.enter);
  await terminal.waitFor(/\? Reset this login/);
  terminal.type(`1${enter}`);
  // No key uses up the grant with which the reset goes on.
  expect(await terminal.waitFor(/WAITING FOR A SECOND OPERATOR[\s\S]*\? Next/)).not.toMatch(/send the code again/);
  const [row] = await desk().store.read.approvals.list(1);
  return row?.id ?? '';
}

describe('a lead at the console', () => {
  it('B81 sees at once that a request waits, opens it with one key, and approves or rejects exactly that', async () => {
    await change({ role: 'lead' });
    const omar = await signedOperator(desk(), 'lead', 'omar');
    const terminal = await signedIn();
    expect(terminal.screen()).not.toMatch(/waits/);
    const first = await request(omar, 'T-1');
    const screen = await terminal.waitFor(/1 request waits/);
    expect(screen.replace(/\s+/g, ' ')).toContain(`${first}, omar, the reset of an admin`);
    const second = await request(omar, 'T-2');
    await terminal.waitFor(/2 requests wait/);

    terminal.type(KEYS.ctrlP);
    await terminal.waitFor(/\? Request/);
    terminal.type(new RegExp(`(\\d) +${first}`).exec(terminal.screen())?.[1] ?? '');
    expect(await terminal.waitFor(/\? Decide/)).toMatch(/ben\.otto/);
    expect(terminal.screen()).toMatch(/T-1/);
    terminal.type('1');
    await terminal.waitFor(/APPROVED/);
    expect(await standing(first)).toBe('approved');
    terminal.type('1');
    await terminal.waitFor(/1 request waits/);

    // The only one opens without a list; a stale code is asked for again before anything is decided.
    move(minutes(6));
    terminal.type(KEYS.ctrlP);
    await terminal.waitFor(/\? Decide/);
    terminal.type('2');
    await terminal.waitFor(/\? Reason/);
    // Nobody is refused without a word, as with `approval reject`.
    terminal.type(`${KEYS.enter}call back first`);
    await terminal.waitFor(/\? Reason call back first$/m);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Code/);
    terminal.type(`${code()}${KEYS.enter}`);
    await terminal.waitFor(/REJECTED/);
    expect(await standing(second)).toBe('rejected');
    terminal.type('1');
    await terminal.waitFor(/\? Find/);
    expect(terminal.screen()).not.toMatch(/waits/);
  });

  it('B81 is not shown what they asked themselves, and an agent sees nothing of it', async () => {
    await change({ role: 'agent' });
    const terminal = await signedIn();
    await request(await signedOperator(desk(), 'lead', 'pia'), 'T-3');
    terminal.type('nobody');
    await terminal.waitFor(/nobody/);
    terminal.type(KEYS.ctrlP);
    expect(terminal.screen()).not.toMatch(/waits|F6/);
  });
});

describe('an agent who waits for a second operator', () => {
  it('B81 reads a no by itself, with its reason, in plain lines too', async () => {
    const terminal = await signedIn();
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Leave the console/);
    terminal.type('2');
    await terminal.exit();
    const plain = countersign('console', '--plain');
    await plain.waitFor(/\? Find|Find:/);
    const id = await askOwnReset(plain, KEYS.enter);
    const lead = await signedOperator(desk(), 'lead', 'quin');
    await decideApproval(desk(), lead, { id, approve: false, reason: 'call back first' });
    await plain.waitFor(/NOT APPROVED/);
    await plain.waitFor(/call back first/);
  });

  it('B78 B81 a locked screen shows no news; after the password it does', async () => {
    const terminal = await signedIn();
    const id = await askOwnReset(terminal);
    move(minutes(31));
    await terminal.waitFor(/LOCKED/);
    const lead = await signedOperator(desk(), 'lead', 'rosa');
    await decideApproval(desk(), lead, { id, approve: false, reason: 'call back first' });
    expect(await terminal.waitFor(/LOCKED/)).not.toMatch(/NOT APPROVED/);
    terminal.type(`${PASSWORD}${KEYS.enter}`);
    await terminal.waitFor(/\? Code from your authenticator app/);
    terminal.type(`${code()}${KEYS.enter}`);
    await terminal.waitFor(/^NOT APPROVED$/m);
  });
});

describe('approval list --watch', () => {
  it('B81 prints the list again when it changes, one document a change with --json, and Ctrl-C ends it with 130', async () => {
    await change({ role: 'lead' });
    const [text, json] = [
      countersign('approval', 'list', '--watch'),
      countersign('approval', 'list', '--watch', '--json'),
    ];
    await text.waitFor(/request +for +users/);
    await json.waitFor(/"approvals"/);
    const id = await request(await signedOperator(desk(), 'lead', 'sina'), 'T-9');
    await text.waitFor(new RegExp(id));
    await expect.poll(() => json.raw()).toContain(id);
    const lines = json.raw().trim().split(/\r?\n/);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('approvals');
    for (const terminal of [text, json]) {
      terminal.type(KEYS.ctrlC);
      expect((await terminal.exit()).code).toBe(130);
    }
  });
});
