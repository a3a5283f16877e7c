/** The console left alone, and the operator whose session ends in the middle of a call: it locks, asks again, and goes on (B78, E0). */
import { describe, expect, it } from 'vitest';
import { minutes } from '../../../src/rules/duration.js';
import { PHRASE } from '../../support/console-desk.js';
import { PASSWORD, useMira } from '../../support/mira-at-console.js';
import { KEYS, type OpenTerminal } from '../../support/pty.js';

const { desk, move, code, countersign, change, signIn, signedIn, signOut } = useMira();

async function reachPhrase(terminal: OpenTerminal): Promise<string> {
  terminal.type('ana.trujillo');
  await terminal.waitFor(/^[> ] (?!No match)\S/m);
  terminal.type(KEYS.enter);
  await terminal.waitFor(/\? Request/);
  terminal.type('6');
  await terminal.waitFor(/\? Phrase/);
  return /call_[0-9a-z]{6}/.exec(terminal.screen())?.[0] ?? '';
}

async function unlock(terminal: OpenTerminal, password = PASSWORD): Promise<void> {
  terminal.type(`${password}${KEYS.enter}`);
  await terminal.waitFor(/\? Code from your authenticator app/);
  terminal.type(`${code()}${KEYS.enter}`);
}

const droppedCalls = async () => (await desk().store.read.audit.newest({ kind: 'call.dropped' }, 10)).length;

describe('a console that is left alone', () => {
  it('B78 after thirty idle minutes it shows nothing of the call, asks for the password, and goes on with the same call', async () => {
    const terminal = await signIn();
    const id = await reachPhrase(terminal);
    terminal.type(`velvet${KEYS.ctrlR}`);
    await terminal.waitFor(/velvet/);
    move(minutes(29));
    expect(terminal.screen()).not.toMatch(/LOCKED/);
    move(minutes(2));
    const locked = await terminal.waitFor(/LOCKED/);
    expect(locked).not.toMatch(/Ana Trujillo|Northwind|ana\.trujillo/);
    expect(locked).toContain(`The call ${id} stays open.`);
    expect(locked).toMatch(/30 idle minutes/);

    terminal.type(`not the password${KEYS.enter}`);
    await terminal.waitFor(/The name, the password or the code is wrong/);
    await unlock(terminal);
    const again = await terminal.waitFor(/\? Phrase/);
    expect(again).toContain(id);
    // What was half typed is gone, and what is typed now is hidden again; the whole phrase verifies.
    terminal.type(`${PHRASE}${KEYS.enter}`);
    await terminal.waitFor(/VERIFIED/);
    expect(terminal.raw()).not.toMatch(/lanterns/);
    expect(terminal.screen()).toContain(id);
    expect(await droppedCalls()).toBe(0);
  });

  it('B78 the first key after the machine slept finds it locked: it neither counts as work nor answers', async () => {
    const terminal = await signIn();
    await reachPhrase(terminal);
    move(minutes(31));
    // Within the second until the console looks at the clock by itself.
    terminal.type(KEYS.ctrlR);
    expect(await terminal.waitFor(/LOCKED/)).not.toMatch(/Ana Trujillo/);
    await unlock(terminal);
    await terminal.waitFor(/\? Phrase/);
  });

  it('B78 a clock that is set back keeps nothing on the screen', async () => {
    const terminal = await signIn();
    await reachPhrase(terminal);
    move(-minutes(40));
    expect(await terminal.waitFor(/LOCKED/)).not.toMatch(/Ana Trujillo/);
    move(minutes(40));
    await unlock(terminal);
    await terminal.waitFor(/\? Phrase/);
  });

  it('B78 Esc at the lock asks, then leaves the console and says how to go on with the call', async () => {
    const terminal = await signedIn();
    const id = await reachPhrase(terminal);
    move(minutes(31));
    await terminal.waitFor(/LOCKED/);
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Leave the console/);
    terminal.type(KEYS.escape);
    expect(await terminal.waitFor(/LOCKED/)).not.toMatch(/F8|Ana Trujillo/);
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Leave the console/);
    terminal.type('2');
    expect((await terminal.exit()).code).toBe(3);
    expect(terminal.screen().replace(/\s+/g, ' ')).toContain(`countersign console --call ${id}`);
  });

  it('B78 an operator who was disabled meanwhile does not come back in, whatever they type', async () => {
    const terminal = await signedIn();
    await reachPhrase(terminal);
    move(minutes(31));
    await terminal.waitFor(/LOCKED/);
    await change({ disabled_at: Date.now() });
    terminal.type(`${PASSWORD}${KEYS.enter}`);
    const screen = await terminal.waitFor(/The name, the password or the code is wrong/);
    expect(screen).not.toMatch(/Ana Trujillo/);
    await change({ disabled_at: null });
  });
});

describe('a session that ends in the middle of a call', () => {
  it('B78 signed out elsewhere: the next step asks for the password and is taken', async () => {
    const terminal = await signedIn();
    const id = await reachPhrase(terminal);
    const out = countersign('logout');
    expect((await out.exit()).code).toBe(0);
    terminal.type(`${PHRASE}${KEYS.enter}`);
    await terminal.waitFor(/LOCKED/);
    await unlock(terminal);
    await terminal.waitFor(/\? Phrase/);
    terminal.type(`${PHRASE}${KEYS.enter}`);
    expect(await terminal.waitFor(/VERIFIED/)).toContain(id);
  });

  it('B78 lowered to a role that verifies nobody: the password does not help, the console ends and the call stays', async () => {
    const terminal = await signedIn();
    await reachPhrase(terminal);
    move(minutes(31));
    await terminal.waitFor(/LOCKED/);
    await change({ role: 'auditor' });
    await unlock(terminal);
    expect((await terminal.exit()).code).toBe(3);
    expect(terminal.screen()).toMatch(/the role auditor may not/);
    expect(await droppedCalls()).toBeGreaterThan(0);
    await change({ role: 'agent' });
  });
});

describe('commands on a terminal ask in place (E16)', () => {
  it('B78 nobody is signed in: the command asks who, and then does what was typed', async () => {
    await signOut();
    const terminal = countersign('account', 'list');
    await terminal.waitFor(/nobody is signed in[\s\S]*Operator/);
    terminal.type(`mira${KEYS.enter}`);
    await terminal.waitFor(/Password of mira/);
    terminal.type(`wrong${KEYS.enter}`);
    await terminal.waitFor(/is wrong[\s\S]*Password of mira/);
    terminal.type(`${PASSWORD}${KEYS.enter}`);
    await terminal.waitFor(/Code from your authenticator app/);
    terminal.type(`${code()}${KEYS.enter}`);
    expect((await terminal.exit()).code).toBe(0);
    expect(terminal.screen()).toMatch(/Northwind Traders/);
  });

  it('B78 a code that is no longer fresh: the command asks for another, again after a mistype, and then does what was typed', async () => {
    await change({ role: 'lead' });
    await signedIn();
    move(minutes(6));
    const terminal = countersign('mfa', 'thaw');
    await terminal.waitFor(/this needs a fresh code[\s\S]*Code from your authenticator app/);
    terminal.type(`000000${KEYS.enter}`);
    await terminal.waitFor(/is wrong[\s\S]*Code from your authenticator app/);
    terminal.type(`${code()}${KEYS.enter}`);
    expect((await terminal.exit()).code).toBe(0);
    expect(terminal.screen()).toMatch(/THAWED|not frozen|allowed/i);
    expect((await desk().store.read.audit.newest({ kind: 'mfa.thawed' }, 5)).length).toBeGreaterThan(0);
    await change({ role: 'agent' });
  });

  it('B78 nothing is asked with --no-input, and a script with a token is never asked', async () => {
    await signOut();
    const refused = countersign('account', 'list', '--no-input');
    expect((await refused.exit()).code).toBe(3);
    expect(refused.screen()).toMatch(/nobody is signed in/);
  });
});
