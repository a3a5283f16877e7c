/**
 * The keys of the console: each stands in `help console` with its twin, the ticket has one on every screen, and what a call needs besides
 * (first passphrase, unlock, code again, undo) is one key where it applies.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { userSearchKeys } from '../../../src/procedures/directory/directory-rows-of-store.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { userRow } from '../../store/rows.js';
import { PHRASE } from '../../support/console-desk.js';
import { walk } from '../../support/imports.js';
import { useMira } from '../../support/mira-at-console.js';
import { newestCode } from '../../support/outbox-code.js';
import { KEYS, type OpenTerminal } from '../../support/pty.js';
import { sourcesIn } from '../../support/screen-checks.js';
import { repositoryRoot } from '../../support/test-desk.js';

const help = readFileSync(join(repositoryRoot, 'data/help/console.md'), 'utf8');
/** Rows of its tables, by their first cell. */
const rows = new Map(
  help
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, key = '', ...rest]) => [key, rest]),
);
const shown = (key: string) =>
  key.replace(/^f(\d)/, 'F$1').replace(/^ctrl-(.)/, (_all, letter: string) => `Ctrl-${letter.toUpperCase()}`);

/** Lists of key names (`['f5', 'ctrl-o']`), and keys of choices that are letters, as the sources of the console have them. */
function keysInSources(): { readonly named: readonly (readonly string[])[]; readonly letters: readonly string[] } {
  const named: (readonly string[])[] = [];
  const letters: string[] = [];
  const folder = join(repositoryRoot, 'src/commands/calls');
  for (const file of sourcesIn(folder)) {
    walk(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true), (node) => {
      if (ts.isArrayLiteralExpression(node) && node.elements.length > 0) {
        const names = node.elements.map((one) => (ts.isStringLiteralLike(one) ? one.text : ''));
        if (names.every((name) => /^(f\d+|ctrl-[a-z])$/.test(name))) named.push(names);
      }
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'key' && ts.isStringLiteralLike(node.initializer))
        letters.push(node.initializer.text);
      if (ts.isCallExpression(node) && node.expression.getText() === 'step') {
        const key = node.arguments[1];
        if (key !== undefined && ts.isStringLiteralLike(key)) letters.push(key.text);
      }
    });
  }
  return { named, letters: [...new Set(letters)].filter((key) => /^[a-z]$/.test(key)).sort() };
}

describe('help console', () => {
  it('E17 names each key with its twin, and a key means one thing', () => {
    const { named } = keysInSources();
    expect(named.length).toBeGreaterThan(7);
    const told = named.map((keys) =>
      keys.map(shown).sort((a, b) => Number(b.startsWith('F')) - Number(a.startsWith('F'))),
    );
    for (const [key = '', twin = ''] of told) {
      expect(rows.get(key)?.[0], `${key} in help console`).toBe(twin);
      expect(twin).toMatch(/^Ctrl-[A-Z]$/);
    }
    const every = told.flat();
    expect([...new Set(every)]).toHaveLength(every.length);
  });

  it('names each letter that a list may hold, with the command that does the same', () => {
    const { letters } = keysInSources();
    expect(letters).toEqual(['c', 'l', 'p', 's', 'u']);
    const commands = JSON.parse(readFileSync(join(repositoryRoot, 'data/help/commands.json'), 'utf8'));
    for (const key of letters) {
      const command = /`(.+)`/.exec(rows.get(key)?.[1] ?? '')?.[1] ?? '';
      expect(Object.keys(commands), `the command of ${key}`).toContain(command);
    }
  });
});

const { desk, folder, code, countersign, change, signedIn } = useMira();

/** Dora, an admin of old standing without a passphrase, and Ben's factor, which the desk has. */
beforeAll(async () => {
  await change({ role: 'lead' });
  const row = userRow('acc_100234', 'dora.fox', {
    name: 'Dora Fox',
    role: 'primary-admin',
    email: 'dora.fox@mail.example',
    email_key: 'dora.fox@mail.example',
    contact_changed_at: 1,
  });
  await desk().store.record({ kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM }, async (write) => {
    await write.users.insert([row]);
    const shared = 'ana.trujillo@mail.example';
    const contacts = { email: shared, email_key: shared, contact_changed_at: 1 };
    await write.users.update('usr_acc_100234_ben.otto', contacts);
    await write.search.insert([userSearchKeys(row.id, row)]);
  });
  (await signedIn()).close();
});

/** What the key line shows of the console's own keys: each must be explained. */
function checkKeyLine(terminal: OpenTerminal): void {
  const keys = [...terminal.screen().matchAll(/(?:^|· )(F\d+|Ctrl-[A-Z])(?= )/gm)].map(([, key]) => key ?? '');
  for (const key of keys)
    expect(
      [...rows].some(([first, [second]]) => first === key || second === key),
      `${key} in help console`,
    ).toBe(true);
}

/** On whatever screen the terminal is: F8 asks for the ticket, and leads back to that screen. */
async function giveTicket(terminal: OpenTerminal, place: RegExp, ticket: string, key = '\u001b[19~'): Promise<void> {
  await terminal.waitFor(place);
  checkKeyLine(terminal);
  terminal.type(key);
  await terminal.waitFor(/\? Ticket/);
  terminal.type(`${ticket}${KEYS.enter}`);
  await terminal.waitFor(new RegExp(`F8\\s+ticket\\s+${ticket}`));
  await terminal.waitFor(place);
}

async function open(login: string): Promise<OpenTerminal> {
  const terminal = countersign();
  await terminal.waitFor(/\? Find/);
  terminal.type(login);
  await terminal.waitFor(/^[> ] (?!No match)\S/m);
  terminal.type(KEYS.enter);
  await terminal.waitFor(/\? Request/);
  return terminal;
}

async function hear(terminal: OpenTerminal, digit: string, phrase: string): Promise<void> {
  terminal.type(digit);
  await terminal.waitFor(/\? Phrase/);
  terminal.type(`${phrase}${KEYS.enter}`);
  await terminal.waitFor(/\? Next/);
}

/** The console asks a lead for a fresh code of their own, if the last one is too old. */
async function codeOr(terminal: OpenTerminal, place: RegExp): Promise<void> {
  const either = new RegExp(`\\? Code|${place.source}`);
  if (/\? Code/.test(await terminal.waitFor(either))) terminal.type(`${code()}${KEYS.enter}`);
  await terminal.waitFor(place);
}

describe('one key for the ticket', () => {
  it('E33 works on every screen of a call, keeps what was typed, and the call has the last one', async () => {
    const terminal = countersign();
    await giveTicket(terminal, /\? Find/, 'T-1');
    terminal.type('ben.otto');
    await terminal.waitFor(/^[> ] Ben Otto/m);
    await giveTicket(terminal, /\? Find ben\.otto/, 'T-2');
    terminal.type(KEYS.enter);
    await giveTicket(terminal, /\? Request/, 'T-3', '\u000b');
    const id = /call_[0-9a-z]{6}/.exec(terminal.screen())?.[0] ?? '';
    expect((await desk().store.read.calls.byId(id))?.ticket).toBe('T-3');
    terminal.type('3');
    await terminal.waitFor(/\? Phrase/);
    terminal.type('velvet harbor');
    await giveTicket(terminal, /\? Phrase 2 words/, 'T-4');
    terminal.type(` signals twenty lanterns${KEYS.enter}`);
    await giveTicket(terminal, /VERIFIED/, 'T-5');
    terminal.type('9');
    await giveTicket(terminal, /For the ticket:/, 'T-6');
    await terminal.waitFor(/ticket T-6$/m);
    expect((await desk().store.read.calls.byId(id))?.ticket).toBe('T-6');
    terminal.type('1');
    expect(await terminal.waitFor(/\? Find/)).not.toMatch(/T-6/);
  });

  it('B11 a phrase that is typed into its box is neither shown nor kept', async () => {
    const terminal = await open('ben.otto');
    const id = /call_[0-9a-z]{6}/.exec(terminal.screen())?.[0] ?? '';
    terminal.type('\u000b');
    await terminal.waitFor(/\? Ticket/);
    terminal.type(`${PHRASE}${KEYS.enter}`);
    await terminal.waitFor(/it was not kept/);
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Request/);
    expect((await desk().store.read.calls.byId(id))?.ticket).toBeNull();
    expect(terminal.raw()).not.toContain('lanterns');
  });

  it('B11 nor is one that is typed where a reset asks for the ticket', async () => {
    const terminal = await open('ana.trujillo');
    await hear(terminal, '6', PHRASE);
    terminal.type('1');
    await codeOr(terminal, /\? Reset whom/);
    terminal.type('ben');
    await terminal.waitFor(/^[> ] Ben Otto/m);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Reason/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Ticket/);
    terminal.type(`${PHRASE}${KEYS.enter}`);
    await terminal.waitFor(/it was not kept/);
    terminal.type(`T-9${KEYS.enter}`);
    await terminal.waitFor(/\? Reset this login/);
    expect(terminal.raw()).not.toContain('lanterns');
  });

  it('a ticket that is given before a general question is in the log with it', async () => {
    const terminal = countersign();
    await giveTicket(terminal, /\? Find/, 'T-11');
    terminal.type('\u0007');
    await terminal.waitFor(/NO VERIFICATION NEEDED/);
    const id = /call_[0-9a-z]{6}/.exec(terminal.screen())?.[0] ?? '';
    expect((await desk().store.read.calls.byId(id))?.ticket).toBe('T-11');
  });
});

describe('what a call needs besides', () => {
  it('B61 B89 after a reset: the code once more, and the reset taken back', async () => {
    const terminal = await open('ana.trujillo');
    await giveTicket(terminal, /\? Request/, 'T-20');
    await hear(terminal, '6', PHRASE);
    await terminal.waitFor(/VERIFIED/);
    checkKeyLine(terminal);
    terminal.type('1');
    await codeOr(terminal, /\? Reset whom/);
    terminal.type('ben');
    await terminal.waitFor(/^[> ] Ben Otto/m);
    terminal.type(KEYS.enter);
    const before = await terminal.waitFor(/\? Reason/);
    expect(before).toMatch(/Has: +E-mail, no backup code/);
    // Who shares an address is an alert only here, where the code goes there (E31).
    expect(before).toMatch(/Alert: 1 other login has the same e-mail/);
    expect(terminal.raw().split('the same e-mail')).toHaveLength(2);
    terminal.type(KEYS.enter);
    // The ticket is known, so nobody is asked for it again.
    await terminal.waitFor(/\? Reset this login/);
    checkKeyLine(terminal);
    terminal.type('1');
    await terminal.waitFor(/^RESET$/m);
    terminal.type('s');
    await terminal.waitFor(/100234\/ben\.otto: the code/);
    terminal.type('u');
    await codeOr(terminal, /\? Reason/);
    terminal.type(`the owner called${KEYS.enter}`);
    await terminal.waitFor(/^UNDONE$/m);
    const factors = await desk().store.read.factors.ofUser('usr_acc_100234_ben.otto');
    expect(factors.map(({ state }) => state)).toEqual(['active']);
    terminal.type('9');
    const note = await terminal.waitFor(/For the ticket:/);
    expect(note).toMatch(/code sent again[\s\S]*reset taken back/);
  });

  it('B61 a call that was handed over begins anew: no key takes back what was done for an earlier caller', async () => {
    const terminal = await open('ana.trujillo');
    await giveTicket(terminal, /\? Request/, 'T-21');
    await hear(terminal, '6', PHRASE);
    terminal.type('1');
    await codeOr(terminal, /\? Reset whom/);
    terminal.type('ben');
    await terminal.waitFor(/^[> ] Ben Otto/m);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Reason/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Reset this login/);
    terminal.type('1');
    expect(await terminal.waitFor(/^RESET$[\s\S]*\? Next/m)).toMatch(/ u {2}/);
    terminal.type('3');
    await terminal.waitFor(/Read this id/);
    terminal.type('2');
    expect(await terminal.waitFor(/\? Request/)).not.toMatch(/^. u {2}/m);
  });

  it('somebody of no company is not the caller before them: what follows asks who is calling', async () => {
    const terminal = await open('ben.otto');
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Who/);
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Find/);
    terminal.type(`nowhere at all${KEYS.enter}`);
    await terminal.waitFor(/> neither caller nor company/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Phrase/);
    terminal.type(`whatever they say here${KEYS.enter}`);
    await terminal.waitFor(/\? Next/);
    terminal.type(KEYS.escape);
    await terminal.waitFor(/\? Find/);
    terminal.type('\u0007');
    await terminal.waitFor(/NO VERIFICATION NEEDED/);
    terminal.type('1');
    expect(await terminal.waitFor(/\? (Find|Request)/)).toMatch(/\? Find/);
    expect(terminal.screen()).not.toMatch(/Ben Otto/);
  });

  it('B13 B85 the first passphrase: code by e-mail, a wrong one, the phrase twice; then it verifies', async () => {
    const terminal = await open('dora.fox');
    await hear(terminal, '3', 'something that is not set');
    await terminal.waitFor(/no passphrase\s+yet/);
    terminal.type('p');
    await terminal.waitFor(/\? Code/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/We have sent you a code by e-mail/);
    terminal.type(`000000${KEYS.enter}`);
    await terminal.waitFor(/NOT DONE/);
    terminal.type('p');
    await terminal.waitFor(/\? Code/);
    const mailed = await newestCode(join(folder(), 'outbox'), 'dora.fox');
    terminal.type(`${mailed}${KEYS.enter}`);
    await terminal.waitFor(/passphrase that you want/);
    terminal.type(KEYS.escape);
    expect(await terminal.waitFor(/NOT DONE/)).toMatch(/no passphrase was typed[\s\S]*Nothing was changed/);
    terminal.type('p');
    await terminal.waitFor(/\? Code/);
    terminal.type(`${mailed}${KEYS.enter}`);
    const phrase = 'eleven purple ladders sing softly';
    for (const said of [/passphrase that you want/, /say it once more/]) {
      await terminal.waitFor(said);
      terminal.type(`${phrase}${KEYS.enter}`);
    }
    await terminal.waitFor(/^PASSPHRASE SET$/m);
    expect(terminal.raw()).not.toContain('ladders');
    terminal.type('2');
    await terminal.waitFor(/\? Request/);
    await hear(terminal, '3', phrase);
    await terminal.waitFor(/VERIFIED/);
    expect(terminal.screen()).not.toMatch(/p {2}set the first/);
  });

  it('B76 a locked caller: a lead lifts the lock with a reason, and an agent has no such key', async () => {
    const terminal = await open('xena.hale');
    for (let wrong = 1; wrong <= 5; wrong += 1) {
      await hear(terminal, wrong === 1 ? '3' : '1', `not what was agreed at all ${wrong}`);
      await terminal.waitFor(new RegExp(`${wrong} of 5\\s+wrong`));
    }
    await terminal.waitFor(/l {2}lift the lock/);
    await change({ role: 'agent' });
    terminal.type('2');
    await terminal.waitFor(/\? Request/);
    expect(terminal.screen()).toMatch(/locked out/);
    expect(terminal.screen()).not.toMatch(/lift the lock/);
    await change({ role: 'lead' });
    await hear(terminal, '3', PHRASE);
    await terminal.waitFor(/NOT DONE[\s\S]*l {2}lift the lock/);
    terminal.type('1');
    await terminal.waitFor(/\? Request/);
    await terminal.waitFor(/l {2}lift the lock/);
    terminal.type('l');
    await terminal.waitFor(/\? Reason/);
    terminal.type(`known by voice${KEYS.enter}`);
    await terminal.waitFor(/^UNLOCKED$/m);
    terminal.type('2');
    await terminal.waitFor(/\? Request/);
    await hear(terminal, '3', PHRASE);
    await terminal.waitFor(/VERIFIED/);
  });
});
