/**
 * The console, as an agent lives it: the built command on a real pseudo-terminal, one whole path of a call per test, on three sizes of
 * terminal. Looks at the screen, at every byte that came out, and at the log.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { resumeDesk } from '../../../src/procedures/calls/alarms.js';
import { userSearchKeys } from '../../../src/procedures/directory/directory-rows-of-store.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import type { OperatorRole } from '../../../src/rules/people.js';
import { referenceCode } from '../../factors/reference.js';
import { userRow } from '../../store/rows.js';
import { type ConsoleDesk, consoleDesk, PHRASE } from '../../support/console-desk.js';
import { KEYS, type OpenTerminal, openTerminal, type TerminalOptions } from '../../support/pty.js';
import { signedInAs, signedOperator } from '../../support/signed-operator.js';
import { startedOperator } from '../../support/started-operator.js';
import { repositoryRoot } from '../../support/test-desk.js';

const executable = join(repositoryRoot, 'bin', 'countersign.js');
const SIZES = [
  [80, 24],
  [40, 15],
  [200, 60],
] as const;
const NEUTRAL = /I'm\s+sorry,\s+I\s+can't\s+complete\s+this\s+request\s+on\s+this\s+call/;
const ONCE_MORE = /I\s+did\s+not\s+get\s+that\.\s+Please\s+say\s+it\s+once\s+more/;
const CTRL_W = '\u0017';
const PAGE_UP = '\u001b[5~';
const PAGE_DOWN = '\u001b[6~';
const ALTERNATE_OFF = '\u001b[?1049l';
const CLEAR_SCROLLBACK = '\u001b[3J';

let made: ConsoleDesk;
let size: TerminalOptions = {};
const open: OpenTerminal[] = [];

beforeAll(async () => {
  const built = spawnSync(process.execPath, [join(repositoryRoot, 'bin', 'ensure.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`countersign could not be built:\n${built.stderr}`);
}, 300_000);
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});

/** A desk of its own, and the terminal that is opened unless a test says another. */
async function begin(terminal: TerminalOptions): Promise<void> {
  size = terminal;
  made = await consoleDesk('agent');
}

function run(options: TerminalOptions = {}, args: readonly string[] = []): OpenTerminal {
  const terminal = openTerminal(process.execPath, [executable, ...args], {
    ...size,
    ...options,
    env: { ...made.env, ...options.env },
  });
  open.push(terminal);
  return terminal;
}

/** Finds the person and stands at the question what they want. */
async function reach(terminal: OpenTerminal, login: string): Promise<void> {
  await terminal.waitFor(/\? Find/);
  terminal.type(login);
  await terminal.waitFor(/^[> ] (?!No match)\S/m);
  terminal.type(KEYS.enter);
  await terminal.waitFor(/\? Request/);
}

/** From there to the blind box. */
async function ask(terminal: OpenTerminal, digit: string): Promise<void> {
  terminal.type(digit);
  await terminal.waitFor(/\? Phrase/);
}

/** Finds the person, asks, and hears the right phrase. */
async function getVerified(terminal: OpenTerminal, login: string, digit: string): Promise<void> {
  await reach(terminal, login);
  await ask(terminal, digit);
  terminal.type(`${PHRASE}${KEYS.enter}`);
  await terminal.waitFor(/VERIFIED/);
}

const bodyOf = (screen: string): string => screen.slice(screen.indexOf('\n'));

/** What is seen of it, after paging where the screen is too low for all; the clock in the title is no change. */
async function seek(terminal: OpenTerminal, pattern: RegExp): Promise<void> {
  for (const [key, hint] of [
    [PAGE_UP, /PgUp/],
    [PAGE_DOWN, /PgDn/],
  ] as const) {
    while (!pattern.test(terminal.screen()) && hint.test(terminal.screen())) {
      const before = bodyOf(terminal.screen());
      terminal.type(key);
      await expect.poll(() => bodyOf(terminal.screen())).not.toBe(before);
    }
  }
  await terminal.waitFor(pattern);
}

/** Esc asks before it leaves (E18). */
async function leave(terminal: OpenTerminal, enter = ''): Promise<void> {
  terminal.type(KEYS.escape);
  await terminal.waitFor(/\? Leave the console/);
  terminal.type(`2${enter}`);
}

async function end(terminal: OpenTerminal): Promise<void> {
  terminal.type('9');
  await terminal.waitFor(/For the ticket:/);
}

/** noor, who has become a lead. */
async function secondOperator(): Promise<SignedOperator> {
  const row = await made.desk.store.read.operators.byName('noor');
  const operator = { id: row?.id ?? '', name: 'noor', role: 'lead', disabledAt: null, language: null } as const;
  const raised = { kind: 'operator.edited', outcome: 'done', at: made.desk.now(), by: SYSTEM } as const;
  await made.desk.store.record(raised, (write) => write.operators.update(operator.id, { role: operator.role }));
  return signedInAs(made.desk, operator);
}

const callOn = (terminal: OpenTerminal): string => /call_[0-9a-z]{6}/.exec(terminal.screen())?.[0] ?? '';

async function changeOperator(name: string, patch: { disabled_at?: number; role?: OperatorRole }): Promise<void> {
  const row = await made.desk.store.read.operators.byName(name);
  await made.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM }, (write) =>
    write.operators.update(row?.id ?? '', patch),
  );
}

const kinds = async (filter: Parameters<ConsoleDesk['desk']['store']['read']['audit']['newest']>[0], limit = 20) =>
  (await made.desk.store.read.audit.newest(filter, limit)).map(
    (row) => JSON.parse(row.body) as Record<string, unknown> & { kind: string },
  );
describe.each(SIZES)('a call on a terminal of %d × %d', (cols, rows) => {
  beforeAll(() => begin({ cols, rows }));
  afterAll(() => made.close());

  describe('from the name to the verdict', () => {
    it('verified: found by a part of the name, one Enter from the phrase to the verdict, nothing of the phrase in any byte (B03, B11)', async () => {
      const terminal = run();
      await reach(terminal, 'trujillo');
      await ask(terminal, '3');
      terminal.type(PHRASE);
      terminal.type(KEYS.enter);
      const screen = await terminal.waitFor(/VERIFIED/);
      expect(screen).toMatch(/call_[0-9a-z]{6}/);
      expect(screen.split('\n').every((line) => [...line].length <= cols)).toBe(true);
      expect(terminal.raw()).toMatch(/Thank you, Ana Trujillo\./);
      for (const word of PHRASE.split(' ')) expect(terminal.raw()).not.toContain(word);
    });

    it('refused: the neutral sentence, and the reason apart from it (B73)', async () => {
      const terminal = run();
      await reach(terminal, 'xena');
      await ask(terminal, '3');
      terminal.type(`not what was agreed${KEYS.enter}`);
      // The first mismatch is asked again, in the same words for everybody; the operator alone reads the count (E11).
      expect(await terminal.waitFor(/ONCE MORE/)).toMatch(ONCE_MORE);
      await seek(terminal, /1 of 5\s+wrong\s+answers/);
      terminal.type('1');
      await terminal.waitFor(/\? Phrase/);
      terminal.type(`not what was agreed${KEYS.enter}`);
      const screen = await terminal.waitFor(/REFUSED/);
      expect(screen).toMatch(NEUTRAL);
      if (rows < 24) terminal.type(PAGE_DOWN);
      await terminal.waitFor(/Do not read\s+aloud:/);
      await end(terminal);
      expect(terminal.screen()).toContain('billing:inquiry: refused');
    });

    it('a general question takes one key, shows no account data and is in the log (B06)', async () => {
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      const before = (await kinds({ kind: 'call.general' })).length;
      terminal.type('\u0007');
      const screen = await terminal.waitFor(/NO VERIFICATION NEEDED/);
      expect(screen).not.toMatch(/Northwind|Contoso|same\s+caller/);
      await expect.poll(async () => (await kinds({ kind: 'call.general' })).length).toBe(before + 1);
    });

    it('a general question in a call keeps the fixed keys: 2 another request, 3 hand over, 9 end', async () => {
      const terminal = run();
      await reach(terminal, 'ben.otto');
      terminal.type('0');
      await terminal.waitFor(/NO VERIFICATION NEEDED/);
      await seek(terminal, /2\s+another request/);
      await seek(terminal, /3\s+hand the call over/);
      terminal.type('2');
      await terminal.waitFor(/\? Request/);
      await end(terminal);
    });

    it('the end: a note that names its receipt, then screen and scrollback are cleared', async () => {
      const terminal = run();
      await reach(terminal, 'ben.otto');
      await end(terminal);
      expect(terminal.screen()).toMatch(/receipt: countersign receipt show\s+call_\w{6}/);
      terminal.type('1');
      await terminal.waitFor(/\? Find/);
      expect(terminal.screen()).not.toMatch(/Otto|Northwind|call_/);
      expect(terminal.raw()).toContain(CLEAR_SCROLLBACK);
      await leave(terminal);
      expect((await terminal.exit()).code).toBe(0);
      expect(terminal.screen()).toBe('');
      expect(terminal.raw()).toContain(ALTERNATE_OFF);
      expect(terminal.cursorVisible()).toBe(true);
    });
  });

  describe('finding the caller', () => {
    it('a shared phone lists everybody who has it, and never picks (B09)', async () => {
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      terminal.type('206 555 9857');
      await terminal.waitFor(/Ana Trujillo[\s\S]*Cara Lind/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/> Ana/);
      terminal.type(KEYS.down);
      await terminal.waitFor(/> Cara/);
      terminal.type(KEYS.enter);
      expect(await terminal.waitFor(/\? Request/)).toMatch(/Caller: +Cara Lind/);
    });

    it('T12: a hostile name moves no cursor: its controls are seen', async () => {
      const name = 'Zorro\u001b[2J\u202eVERIFIED';
      const row = userRow('acc_200500', 'zorro', { name });
      const by = { kind: 'system', id: 'test', name: 'test' } as const;
      await made.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: Date.now(), by }, async (write) => {
        await write.users.insert([row]);
        await write.search.insert([userSearchKeys(row.id, row)]);
      });
      const terminal = run();
      await reach(terminal, 'zorro');
      expect(terminal.screen()).toContain('Zorro\\u{1b}[2J\\u{202e}VERIFIED');
      expect(terminal.raw()).not.toContain('\u202e');
    });

    it('E9: every digit belongs to the text; arrows and Enter choose; what looks like a phrase is not shown (B11)', async () => {
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      terminal.type('xavi');
      await terminal.waitFor(/^[> ] Xavi/m);
      terminal.type('1');
      await terminal.waitFor(/\? Find xavi1\s*$/m);
      terminal.type(KEYS.escape);
      await terminal.waitFor(/\? Find\s*$/m);
      terminal.type('velvet harbor signals');
      await terminal.waitFor(/\? Find …/);
      expect(terminal.screen()).not.toMatch(/signals/);
      terminal.type(KEYS.escape);
      await terminal.waitFor(/\? Find\s*$/m);
      terminal.type('ana northwind');
      await terminal.waitFor(/^[> ] Ana Truji/m);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Request/);
    });

    it('E26: a company that nobody knows: the same question, the same sentence, and a call in the log (B73)', async () => {
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      terminal.type(`zzyzx${KEYS.enter}`);
      await terminal.waitFor(/> neither caller nor company/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Phrase/);
      terminal.type(`${PHRASE}${KEYS.enter}`);
      // As somebody whom the desk knows.
      expect(await terminal.waitFor(/ONCE MORE/)).toMatch(ONCE_MORE);
      terminal.type('1');
      await terminal.waitFor(/\? Phrase/);
      terminal.type(`${PHRASE}${KEYS.enter}`);
      expect(await terminal.waitFor(/REFUSED/)).toMatch(NEUTRAL);
      expect(terminal.raw()).not.toContain('lanterns');
      await end(terminal);
      expect((await kinds({ kind: 'call.noted' }, 1))[0]).toMatchObject({ detail: { outcome: 'not-found' } });
    });

    it('--from opens with who has the number that is calling, in any form, and chooses nobody', async () => {
      const terminal = run({}, ['console', '--from', 'tel:+12065559858']);
      await terminal.waitFor(/^[> ] Ben Otto/m);
      expect(terminal.screen()).toMatch(/\? Find tel:\+12065559858/);
      terminal.type(KEYS.enter);
      expect(await terminal.waitFor(/\? Request/)).toMatch(/Caller: +Ben Otto/);
    });

    it('somebody who is not on the list is asked for the phrase like anyone, and refused in the same words (B73)', async () => {
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      terminal.type('contoso');
      await terminal.waitFor(/^[> ] \(company\) .*Contoso/m);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Who is calling/);
      terminal.type('nobody here');
      await terminal.waitFor(/not on the list/);
      terminal.type(KEYS.down);
      await terminal.waitFor(/> not on the list/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Request/);
      await ask(terminal, '3');
      terminal.type(`${PHRASE}${KEYS.enter}`);
      expect(await terminal.waitFor(/ONCE MORE/)).toMatch(ONCE_MORE);
      await seek(terminal, /There\s+is\s+no\s+login\s+"nobody\s+here"/);
    });

    it('earlier failures by any operator stand at the top before the phrase is asked (B76)', async () => {
      const terminal = run({ env: made.otherEnv });
      await reach(terminal, 'xena');
      await seek(terminal, /failed\s+attempt/);
    });

    it('an alarm stands on every screen with what to do, and is gone when a lead has ended it (B95)', async () => {
      const { desk } = made;
      const at = desk.now();
      const alarm = { id: 'desk', since: at, until: at + 3_600_000, counting: at, misses: 31, bound: 20 };
      const seeded = { kind: 'test.seeded', outcome: 'done', at, by: SYSTEM } as const;
      await desk.store.record(seeded, (write) => write.alarms.put(alarm));
      const terminal = run();
      await terminal.waitFor(/\? Find/);
      await seek(terminal, /ALARM:\s+31\s+wrong\s+phrases\s+at\s+this\s+desk\s+within\s+an\s+hour/);
      await seek(terminal, /right\s+phrases\s+are\s+verified/);
      await reach(terminal, 'ana');
      await seek(terminal, /ALARM:\s+31\s+wrong/);
      const lead = await signedOperator(desk, 'lead', 'lena');
      expect(await resumeDesk(desk, lead, 'a wrong list was handed out')).toBe(1);
      terminal.type(KEYS.escape);
      await expect.poll(() => terminal.screen(), { timeout: 10_000 }).not.toMatch(/ALARM/);
    });

    it('Esc leads back from everywhere, and out of the console at last', async () => {
      const terminal = run();
      await reach(terminal, 'ben.otto');
      await ask(terminal, '4');
      for (const place of [/\? Request/, /\? Who is calling/, /\? Find/, /For the ticket:/, /\? Find/]) {
        terminal.type(KEYS.escape);
        await terminal.waitFor(place);
        // A bare Esc is told from the beginning of an arrow key by silence.
        await terminal.waitFor(place);
      }
      await leave(terminal);
      expect((await terminal.exit()).code).toBe(0);
    });
  });

  describe('hearing the phrase', () => {
    it('Ctrl-R shows what is typed, for five seconds or until pressed again', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      terminal.type('velvet');
      terminal.type(KEYS.ctrlR);
      await terminal.waitFor(/\? Phrase velvet/);
      terminal.type(KEYS.ctrlR);
      await terminal.waitUntilGone(/velvet/);
      terminal.type(KEYS.ctrlR);
      await terminal.waitFor(/\? Phrase velvet/);
      await terminal.waitUntilGone(/velvet/, 8000);
    });

    it('the box counts the words, Ctrl-W takes the last one back, and nothing else of it is shown (E11, B11)', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      await terminal.waitFor(/\? Phrase 0 words/);
      terminal.type('velvet harbor sihnals');
      await terminal.waitFor(/\? Phrase 3 words/);
      terminal.type(CTRL_W);
      await terminal.waitFor(/\? Phrase 2 words/);
      const clockless = () => terminal.screen().replace(/\d\d:\d\d/g, '');
      const before = clockless();
      terminal.type('s');
      terminal.type(KEYS.backspace);
      terminal.resize(100, 30);
      await terminal.waitFor(/\? Phrase/);
      terminal.resize(80, 24);
      await expect.poll(clockless).toBe(before);
      terminal.type(`signals twenty lanterns${KEYS.enter}`);
      await terminal.waitFor(/VERIFIED/);
      for (const word of PHRASE.split(' ')) expect(terminal.raw()).not.toContain(word);
    });

    it('what is shorter than any passphrase is not sent and not counted (E11)', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      const before = await made.desk.store.read.throttles.get('caller:acc_100234/usr_acc_100234_ana.trujillo');
      terminal.type(`6${KEYS.enter}`);
      await seek(terminal, /No\s+passphrase\s+is\s+shorter\s+than\s+15/);
      const after = await made.desk.store.read.throttles.get('caller:acc_100234/usr_acc_100234_ana.trujillo');
      expect(after?.reserved ?? 0).toBe(before?.reserved ?? 0);
      terminal.type(`${PHRASE}${KEYS.enter}`);
      await terminal.waitFor(/VERIFIED/);
    });

    it('a verdict takes at most 46 keys, a second request two; a reset asks for the phrase again (E15)', async () => {
      const terminal = run();
      const keys = ['truj', KEYS.enter, '3', PHRASE, KEYS.enter].join('');
      expect(keys.length).toBeLessThanOrEqual(46);
      await getVerified(terminal, 'truj', '3');
      terminal.type('2');
      await terminal.waitFor(/\? Request/);
      terminal.type('4');
      await terminal.waitFor(/VERIFIED/);
      await seek(terminal, /billing:change/);
      terminal.type('2');
      await terminal.waitFor(/\? Request/);
      await ask(terminal, '6');
    });

    it('letters may stand together when a caller spells (E34)', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      terminal.type('\u0013');
      await terminal.waitFor(/\? Spelled/);
      terminal.type('velvet new word harbor');
      await terminal.waitFor(/\? Spelled 12 letters/);
      terminal.type(` signals twenty lanterns${KEYS.enter}`);
      await terminal.waitFor(/Read: 33 letters and digits/);
      terminal.type('1');
      await terminal.waitFor(/VERIFIED/);
    });

    it('B11 spelled: what cannot be read is asked again by its place, and only a count of letters is echoed', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      terminal.type('\u0013');
      await terminal.waitFor(/\? Spelled/);
      terminal.type(`victor echo banana${KEYS.enter}`);
      expect(await terminal.waitFor(/Could not read something after letter 2\./)).not.toMatch(/banana/);
      expect(terminal.raw()).not.toMatch(/banana/);
      terminal.type('1');
      await terminal.waitFor(/\? Spelled/);
      terminal.type(
        `v e l v e t new word h a r b o r new word s i g n a l s new word t w e n t y new word l a n t e r n s${KEYS.enter}`,
      );
      const screen = await terminal.waitFor(/Read: 33 letters and digits/);
      expect(screen).not.toContain('velvet');
      terminal.type('1');
      await terminal.waitFor(/VERIFIED/);
    });

    it('each alphabet says how one spells in its language', async () => {
      const terminal = run();
      await reach(terminal, 'ana.trujillo');
      await ask(terminal, '3');
      terminal.type('\u0013');
      await terminal.waitFor(/\? Spelled/);
      await seek(terminal, /"b as\s+in boy"/);
      terminal.type(KEYS.ctrlT);
      await terminal.waitFor(/DIN 5009/);
      await seek(terminal, /"b\s+wie\s+Biene"/);
      expect(terminal.screen()).not.toMatch(/as\s+in/);
      terminal.type(KEYS.ctrlT);
      await terminal.waitFor(/Anatole/);
      await seek(terminal, /"b\s+comme\s+bateau"/);
    });

    it('the caller forgot it: nothing is compared, and the path of the edition is read aloud (B19)', async () => {
      const terminal = run();
      await reach(terminal, 'xena');
      await ask(terminal, '3');
      terminal.type('\u0006');
      const screen = await terminal.waitFor(/REFUSED/);
      expect(screen).toMatch(NEUTRAL);
      for (const step of [
        '1\\. Sign in',
        '2\\. Open My 8x8',
        '3\\. Click',
        '4\\. Choose My Profile',
        '5\\. Find your passphrase',
      ])
        await seek(terminal, new RegExp(step));
    });

    it('what is typed while the phrase is checked is neither shown nor taken as an answer', async () => {
      const terminal = run();
      await reach(terminal, 'ben.otto');
      await ask(terminal, '3');
      terminal.paste(`${PHRASE}${KEYS.enter}secret-typed-too-early9999`);
      await terminal.waitFor(/VERIFIED/);
      expect(terminal.screen()).toMatch(/\? Next/);
      expect(terminal.raw()).not.toContain('too-early');
    });
  });

  describe('after the verdict', () => {
    it('a reset under the grant just given: whom, why, ticket; the factor is gone and the note says so (B54)', async () => {
      const terminal = run();
      await getVerified(terminal, 'ana.trujillo', '6');
      terminal.type('1');
      await terminal.waitFor(/\? Reset whom/);
      terminal.type('otto');
      await terminal.waitFor(/^[> ] Ben Otto/m);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Reason/);
      terminal.type(`phone in the sea${KEYS.enter}`);
      await terminal.waitFor(/\? Ticket/);
      terminal.type(`T-7${KEYS.enter}`);
      await terminal.waitFor(/\? Reset this login/);
      await seek(terminal, /Has: +E-mail, no\s+backup\s+code/);
      terminal.type('1');
      await terminal.waitFor(/factors are\s+reset/);
      await seek(terminal, /countersign\s+job\s+undo\s+rst_/);
      await seek(terminal, /RESET$/m);
      await seek(terminal, /Factors: +1/);
      await end(terminal);
      await seek(terminal, /reset of\s+ben\.otto:\s+reset\s+\(rst_/);
      expect(
        (await made.desk.store.read.factors.ofUser('usr_acc_100234_ben.otto')).filter(
          ({ state }) => state === 'active',
        ),
      ).toEqual([]);
      const [entry] = await kinds({ kind: 'mfa.reset', user: 'usr_acc_100234_ben.otto' }, 1);
      expect(entry).toMatchObject({ ticket: 'T-7', reason: 'phone in the sea' });
    });

    /** ana asks for her own reset, to the end of the questions. */
    async function askOwnReset(terminal: OpenTerminal): Promise<void> {
      await getVerified(terminal, 'ana.trujillo', '6');
      terminal.type('1');
      await terminal.waitFor(/\? Reset whom/);
      terminal.type('trujillo');
      await terminal.waitFor(/^[> ] Ana Truji/m);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Reason/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Ticket/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Reset this login/);
      terminal.type('1');
    }

    it('nobody is fetched to approve a reset that takes nothing (E13)', async () => {
      const terminal = run();
      await askOwnReset(terminal);
      await terminal.waitFor(/another request/);
      await seek(terminal, /NOTHING TO DO/);
      await seek(terminal, /nothing to\s+reset/);
      expect(await made.desk.store.read.approvals.list(1)).toEqual([]);
    });

    it("a caller's own reset waits for a second operator; the screen shows the yes by itself, and one key resets (B56, B81, E13)", async () => {
      const factor = { id: made.desk.newId('fac'), user_id: 'usr_acc_100234_ana.trujillo', kind: 'email', label: '' };
      const more = {
        secret: null,
        state: 'active',
        last_step: null,
        created_at: 1,
        confirmed_at: 1,
        suspended_by: null,
      };
      await made.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM }, (write) =>
        write.factors.insert({ ...factor, ...more }),
      );
      const terminal = run();
      await askOwnReset(terminal);
      await terminal.waitFor(/WAITING FOR A SECOND OPERATOR/);
      await seek(terminal, /changes by\s+itself/);
      expect(terminal.screen()).not.toMatch(/reset second factors now/);
      // Too early: there is no such key yet.
      terminal.type('1');
      const [request] = await made.desk.store.read.approvals.list(1);
      await decideApproval(made.desk, await secondOperator(), {
        id: request?.id ?? '',
        approve: true,
        reason: null,
      });
      await terminal.waitFor(/reset second factors now/);
      await seek(terminal, /^APPROVED$/m);
      await seek(terminal, /Ana Trujillo/);
      terminal.type('1');
      await terminal.waitFor(/factors are\s+reset/);
      await seek(terminal, /RESET$/m);
    });

    it('handed over: another operator resumes by the id, and verifies again', async () => {
      const first = run();
      await getVerified(first, 'ana.trujillo', '6');
      first.type('3');
      const id = /call_[0-9a-z]{6}/.exec(await first.waitFor(/Read this id/))?.[0] ?? '';
      const second = run({ env: made.otherEnv });
      await second.waitFor(/\? Find/);
      second.type('\u000f');
      await second.waitFor(/\? Call/);
      second.type(`${id.slice(5, 8).toUpperCase()} ${id.slice(8)}${KEYS.enter}`);
      const screen = await second.waitFor(/\? Request/);
      expect(screen).toContain(id);
      expect(screen).toMatch(/noor/);
      await ask(second, '6');
      const [entry] = await kinds({ kind: 'call.resumed' }, 1);
      expect(entry).toMatchObject({ detail: { call: id } });
    });

    it('a call that another operator has taken is over on the first screen, which cannot end it', async () => {
      const first = run();
      await reach(first, 'ben.otto');
      const id = callOn(first);
      const second = run({ env: made.otherEnv }, ['console', '--call', id]);
      await second.waitFor(/\? Request/);
      first.type('9');
      const screen = await first.waitFor(/NOT DONE/);
      expect(screen).toMatch(/is\s+with\s+another\s+operator/);
      expect(screen).not.toMatch(/Ben Otto/);
      first.type(KEYS.enter);
      await first.waitFor(/\? Find/);
      expect((await made.desk.store.read.calls.byId(id))?.state).toBe('open');
      await end(second);
    });

    it('what became of a reset is shown, also where another operator has taken the call meanwhile', async () => {
      const first = run();
      await getVerified(first, 'ana.trujillo', '6');
      const id = callOn(first);
      first.type('1');
      await first.waitFor(/\? Reset whom/);
      first.type('ben');
      await first.waitFor(/^[> ] Ben Otto/m);
      for (const asked of [/\? Reason/, /\? Ticket/, /\? Reset this login/]) {
        first.type(KEYS.enter);
        await first.waitFor(asked);
      }
      const second = run({ env: made.otherEnv }, ['console', '--call', id]);
      await second.waitFor(/\? Request/);
      first.type('1');
      await first.waitFor(/\? Next/);
      expect(first.screen()).not.toMatch(/NOT DONE/);
      await seek(first, /^(RESET|NOTHING TO DO)$/m);
      first.type('2');
      expect(await first.waitFor(/NOT DONE/)).toMatch(/is\s+with\s+another\s+operator/);
      await end(second);
    });

    it('E29 one’s own calls that have not ended stand there, the newest first: Enter takes it', async () => {
      const first = run();
      await reach(first, 'ben.otto');
      const id = callOn(first);
      first.kill('SIGKILL');
      await first.exit();
      const second = run();
      await second.waitFor(/\? Find/);
      second.type('\u000f');
      await second.waitFor(new RegExp(id));
      second.type(KEYS.enter);
      expect(await second.waitFor(/\? Request/)).toMatch(/Ben Otto/);
      expect(second.screen()).toContain(id);
      await end(second);
    });

    it('a call that was dropped (the process killed) resumes with --call; one that was ended does not', async () => {
      const first = run();
      await reach(first, 'ben.otto');
      const id = callOn(first);
      first.kill('SIGKILL');
      await first.exit();
      const second = run({}, ['console', '--call', id]);
      expect(await second.waitFor(/\? Request/)).toMatch(/Ben Otto/);
      await end(second);
      const third = run({}, ['console', '--call', id]);
      expect(await third.waitFor(/NOT DONE/)).toMatch(/has ended/);
    });
  });
});

describe('a call on a terminal of common size', () => {
  beforeAll(() => begin({}));
  afterAll(() => made.close());

  it('a terminal that does not know its size (0 × 0) shows the call as if it had 80 × 24', async () => {
    const shell = openTerminal('/bin/sh', ['-c', `stty cols 0 rows 0; exec '${process.execPath}' '${executable}'`], {
      env: made.env,
    });
    open.push(shell);
    await reach(shell, 'ben.otto');
    await ask(shell, '3');
  });

  it('the box stands on a low screen too, whatever the call script says; paging reads the rest', async () => {
    const notes = join(made.folder, 'script.txt');
    writeFileSync(notes, Array.from({ length: 40 }, (_, at) => `line ${at + 1} of the call script`).join('\n'));
    const terminal = run({ cols: 40, rows: 15 }, ['console', '--notes', notes]);
    expect(await terminal.waitFor(/\? Find/)).toMatch(/PgDn shows more/);
    terminal.type(PAGE_DOWN);
    await terminal.waitFor(/line 7 of/);
    terminal.type('ben');
    await terminal.waitFor(/^[> ] Ben Otto/m);
  });

  describe('cut off', () => {
    it.each([
      ['Ctrl-C', (terminal: OpenTerminal) => terminal.type(KEYS.ctrlC)],
      ['Ctrl-D', (terminal: OpenTerminal) => terminal.type(KEYS.ctrlD)],
      ['SIGTERM', (terminal: OpenTerminal) => terminal.kill('SIGTERM')],
      ['SIGHUP', (terminal: OpenTerminal) => terminal.kill('SIGHUP')],
    ])(
      '%s drops the call, in the log too, gives the terminal back, says how it goes on and exits 130',
      async (_name, cut) => {
        const terminal = run();
        await reach(terminal, 'ben.otto');
        const id = callOn(terminal);
        await ask(terminal, '3');
        terminal.type('velvet');
        cut(terminal);
        expect((await terminal.exit()).code).toBe(130);
        expect(terminal.cursorVisible()).toBe(true);
        expect(terminal.raw().lastIndexOf(ALTERNATE_OFF)).toBeGreaterThan(terminal.raw().lastIndexOf('\u001b[?1049h'));
        expect(terminal.screen()).not.toMatch(/Otto/);
        const [entry] = await kinds({ kind: 'call.dropped' }, 1);
        expect(entry).toMatchObject({ detail: { call: id } });
        expect(terminal.screen().replace(/\s+/g, ' ')).toContain(`countersign console --call ${id}`);
        const again = run({ env: made.otherEnv }, ['console', '--call', id]);
        expect(await again.waitFor(/\? Request/)).toMatch(/Ben Otto/);
        await end(again);
      },
    );

    it('Ctrl-Z gives the shell its screen, and fg the call', async () => {
      const shell = openTerminal('/bin/bash', ['--norc', '--noprofile', '-i'], {
        env: { ...made.env, PS1: 'shell> ' },
      });
      open.push(shell);
      await shell.waitFor(/shell>/);
      shell.type(`'${process.execPath}' '${executable}'\r`);
      await reach(shell, 'ben.otto');
      await ask(shell, '3');
      shell.type(KEYS.ctrlZ);
      expect(await shell.waitFor(/Stopped[\s\S]*shell>$/)).not.toMatch(/Otto/);
      shell.type('fg\r');
      await shell.waitFor(/\? Phrase/);
      shell.type(`${PHRASE}${KEYS.enter}`);
      await shell.waitFor(/REFUSED|VERIFIED/);
      expect(shell.raw()).not.toContain('velvet');
    });

    it('an operator who is disabled meanwhile goes no further', async () => {
      const terminal = run({ env: made.otherEnv });
      await reach(terminal, 'ben.otto');
      const id = callOn(terminal);
      await ask(terminal, '3');
      await changeOperator('noor', { disabled_at: Date.now() });
      terminal.type(KEYS.escape);
      expect((await terminal.exit()).code).toBe(3);
      expect(terminal.screen()).toMatch(/disabled/);
      expect(terminal.screen().replace(/\s+/g, ' ')).toContain(`countersign console --call ${id}`);
      const [entry] = await kinds({ kind: 'call.dropped' }, 1);
      expect(entry).toMatchObject({ by: { kind: 'system' }, reason: 'not-signed-in', detail: { call: id } });
    });
  });

  it('B11 what was deleted in the blind box does not come back in another, and letters go where the cursor is shown', async () => {
    const terminal = run();
    await reach(terminal, 'ben.otto');
    await ask(terminal, '3');
    terminal.type('velvet\u0015');
    await terminal.waitFor(/\? Phrase 0 words/);
    terminal.type('\u000b');
    await terminal.waitFor(/\? Ticket/);
    for (const key of ['\u0019', '\u001f', '\u001e']) terminal.type(key);
    terminal.paste('\u001by');
    terminal.type(`T-9${KEYS.enter}`);
    expect(await terminal.waitFor(/F8\s+ticket\s+\S/)).toMatch(/F8\s+ticket\s+T-9/);
    terminal.type(PHRASE.slice(0, -1));
    terminal.paste('\u001b[D\u001b[H');
    terminal.type(`${PHRASE.slice(-1)}${KEYS.enter}`);
    await terminal.waitFor(/VERIFIED/);
    expect(terminal.raw()).not.toContain('velvet');
    await end(terminal);
  });

  describe('plain lines (--plain)', () => {
    it('the same call without redrawing: no cursor moves, each thing said once', async () => {
      const terminal = run({}, ['console', '--plain']);
      await terminal.waitFor(/\? Find/);
      terminal.type(`trujillo${KEYS.enter}`);
      await terminal.waitFor(/\? Request/);
      // Enter alone chooses nothing, and a digit waits for it (E22).
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Request[\s\S]*\? Request/);
      terminal.type('3');
      await terminal.waitFor(/\? Request 3$/);
      terminal.type(KEYS.enter);
      await terminal.waitFor(/\? Phrase/);
      terminal.type(`${PHRASE}${KEYS.enter}`);
      await terminal.waitFor(/VERIFIED/);
      // Colours end with "m"; anything else would move the cursor or clear.
      const escapes = terminal.raw().split('\u001b').slice(1);
      expect(escapes.filter((code) => !/^\[[0-9;]*m/.test(code))).toEqual([]);
      expect(terminal.raw().split('Caller:').length - 1).toBe(1);
      expect(terminal.raw()).not.toContain('velvet');
      terminal.type(KEYS.ctrlC);
      expect((await terminal.exit()).code).toBe(130);
      // What others printed before stays readable (E39).
      expect(terminal.raw()).not.toContain(CLEAR_SCROLLBACK);
    });

    it('E39 plain = true of the config file is kept: no option is needed', async () => {
      const config = join(made.folder, 'plain.toml');
      const own = readFileSync(join(made.folder, 'config', 'countersign', 'config.toml'), 'utf8');
      writeFileSync(config, `plain = true\n${own}`);
      const terminal = run({ env: { COUNTERSIGN_CONFIG: config } });
      await terminal.waitFor(/\? Find/);
      expect(terminal.raw()).not.toContain('\u001b[?1049h');
    });

    it('TERM=dumb is plain too, and not even cleared', async () => {
      const terminal = run({ env: { TERM: 'dumb' } });
      await terminal.waitFor(/\? Find/);
      await leave(terminal, KEYS.enter);
      expect((await terminal.exit()).code).toBe(0);
      expect(terminal.raw()).not.toContain('\u001b');
    });

    it('TERM=dumb: what is typed can be taken back, and nothing of it is left for the next question', async () => {
      const terminal = run({ env: { TERM: 'dumb' } });
      await terminal.waitFor(/\? Find/);
      terminal.type(`trujilx${KEYS.backspace}lo${KEYS.enter}`);
      await terminal.waitFor(/\? Request/);
      terminal.type(`3${KEYS.enter}`);
      await terminal.waitFor(/\? Phrase/);
      terminal.type(`velvet har${KEYS.escape}`);
      await terminal.waitFor(/\? Phrase[\s\S]*\? Request/);
      terminal.type(`3${KEYS.enter}`);
      await terminal.waitFor(/\? Phrase[\s\S]*\? Request[\s\S]*\? Phrase/);
      terminal.type(`${PHRASE}x${KEYS.backspace}${KEYS.enter}`);
      await terminal.waitFor(/VERIFIED/);
      terminal.type(KEYS.ctrlC);
      expect((await terminal.exit()).code).toBe(130);
    });

    it('TERM=dumb: verify takes letters back too, and does not offer to show a phrase that it could not erase', async () => {
      const terminal = run({ env: { TERM: 'dumb' } }, ['verify', '--account', '100234', '--for', 'billing:inquiry']);
      await terminal.waitFor(/\? Caller/);
      terminal.type(`ben.ottx${KEYS.backspace}o${KEYS.enter}`);
      expect(await terminal.waitFor(/\? Phrase \(not shown/)).not.toMatch(/Ctrl-R/);
      terminal.type(`velvet${KEYS.ctrlR}${KEYS.f2}`);
      await terminal.waitFor(/\? Spelled/);
      terminal.type(`${PHRASE}${KEYS.ctrlR}${KEYS.enter}`);
      await terminal.waitFor(/letters and digits/);
      terminal.type(`y${KEYS.enter}`);
      await terminal.waitFor(/VERIFIED/);
      expect(terminal.raw()).not.toContain('velvet');
    });
  });

  describe('without a terminal', () => {
    const piped = (args: readonly string[], env: Record<string, string> = {}) =>
      spawnSync(process.execPath, [executable, ...args], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ...made.env, ...env },
        input: '',
        timeout: 20_000,
      });

    it('countersign alone prints help and exits 2; console says what to use instead', () => {
      const alone = piped([]);
      expect([alone.status, alone.stdout]).toEqual([2, '']);
      expect(alone.stderr).toMatch(/Usage:/);
      const asked = piped(['console']);
      expect(asked.status).toBe(2);
      expect(asked.stderr).toMatch(/countersign verify/);
      expect(piped(['console', '--json']).status).toBe(2);
    });

    it('CI=1 and --no-input: nothing is asked on a terminal either', async () => {
      const ci = run({ env: { CI: '1' } }, ['console']);
      expect((await ci.exit()).code).toBe(2);
      const told = run({}, ['console', '--no-input']);
      expect((await told.exit()).code).toBe(2);
    });
  });
});

describe('a verifier at the console', () => {
  beforeAll(async () => {
    size = { cols: 80, rows: 24 };
    made = await consoleDesk('verifier');
  });
  afterAll(() => made.close());

  it('verifies a caller who asks for a reset, is offered no reset, and key 1 does nothing (B71, T14)', async () => {
    const terminal = run();
    await getVerified(terminal, 'ana.trujillo', '6');
    expect(terminal.screen()).not.toMatch(/reset second factors now/);
    terminal.type('1');
    terminal.type('2');
    await terminal.waitFor(/\? Request/);
    expect(terminal.raw()).not.toMatch(/Reset whom/);
    const factors = await made.desk.store.read.factors.ofUser('usr_acc_100234_ben.otto');
    expect(factors.filter(({ state }) => state === 'active')).toHaveLength(1);
  });
});

describe('an agent whose authority goes in the middle of a call', () => {
  beforeAll(async () => {
    size = { cols: 80, rows: 24 };
    made = await consoleDesk('agent');
  });
  afterAll(() => made.close());

  it('a step that the role may no longer take is refused in words, and the call goes on (B71, B78)', async () => {
    const terminal = run();
    await getVerified(terminal, 'ana.trujillo', '6');
    const id = callOn(terminal);
    expect(terminal.screen()).toMatch(/reset second factors now/);
    await changeOperator('mira', { role: 'verifier' });
    terminal.type('1');
    const screen = await terminal.waitFor(/NOT DONE/);
    expect(screen).toMatch(/may not/);
    expect(screen).toContain(id);
    expect(terminal.raw()).not.toMatch(/Reset whom/);
    terminal.type('1');
    await terminal.waitFor(/\? Request/);
    terminal.type('3');
    await terminal.waitFor(/VERIFIED/);
    await changeOperator('mira', { role: 'agent' });
  });

  it('Ctrl-C of one who was disabled meanwhile: the call is left open, by no operator, and its id is told (B78)', async () => {
    const terminal = run({ env: made.otherEnv });
    await reach(terminal, 'ben.otto');
    const id = callOn(terminal);
    await changeOperator('noor', { disabled_at: Date.now() });
    terminal.type(KEYS.ctrlC);
    expect((await terminal.exit()).code).toBe(130);
    expect(terminal.screen().replace(/\s+/g, ' ')).toContain(`countersign console --call ${id}`);
    const [entry] = await kinds({ kind: 'call.dropped' }, 1);
    expect(entry).toMatchObject({ by: { kind: 'system' }, reason: 'not-signed-in', detail: { call: id } });
    const again = run({}, ['console', '--call', id]);
    expect(await again.waitFor(/\? Request/)).toMatch(/Ben Otto/);
  });
});

describe('a lead at the console, signed in with the authenticator app', () => {
  const PASSWORD = 'seven herons on one lantern';
  let seed: Uint8Array;

  const code = () => referenceCode(seed, Date.now() / 1000);

  /** Long enough that the app's code of now is another than the one that was used. */
  async function codeWasGivenLongAgo(): Promise<void> {
    const row = await made.desk.store.read.operators.byName('lena');
    const [entry] = await kinds({ kind: 'operator.signed-in', by: row?.id ?? '' }, 1);
    const { session = '' } = (entry?.['detail'] ?? {}) as { session?: string };
    const prepared = { kind: 'test.prepared', outcome: 'done', at: Date.now(), by: SYSTEM } as const;
    await made.desk.store.record(prepared, async (write) => {
      await write.operators.updateSession(session, { code_at: 1 });
      await write.operators.update(row?.id ?? '', { totp_last_step: null });
    });
  }

  beforeAll(async () => {
    size = { cols: 80, rows: 24 };
    made = await consoleDesk('agent');
    const { desk } = made;
    const boss = await signedOperator(desk, 'admin', 'boss');
    ({ seed } = await startedOperator(desk, boss, { name: 'lena', role: 'lead', password: PASSWORD }));
    const { COUNTERSIGN_TOKEN: _none, ...env } = made.env;
    const signIn = ['login', '--operator', 'lena', '--password-stdin', '--code', code()];
    const login = spawnSync(process.execPath, [executable, ...signIn], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
      input: `${PASSWORD}\n`,
    });
    if (login.status !== 0) throw new Error(login.stderr);
    made = { ...made, env };
  });
  afterAll(() => made.close());

  it('a code of their own that was mistyped is asked for again, and the reset goes on where it was (B70)', async () => {
    const terminal = run();
    await getVerified(terminal, 'ana.trujillo', '6');
    const id = callOn(terminal);
    await codeWasGivenLongAgo();
    terminal.type('1');
    expect(await terminal.waitFor(/\? Code/)).not.toMatch(/not right/);
    terminal.type(`000000${KEYS.enter}`);
    expect(await terminal.waitFor(/That code was not right/)).toContain(id);
    terminal.type(`${code()}${KEYS.enter}`);
    await terminal.waitFor(/\? Reset whom/);
    terminal.type('otto');
    await terminal.waitFor(/^[> ] Ben Otto/m);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Reason/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Ticket/);
    terminal.type(KEYS.enter);
    await terminal.waitFor(/\? Reset this login/);
    terminal.type('1');
    await terminal.waitFor(/factors are\s+reset/);
  });
});
