/**
 * Role × prompt × what happened to the operator while the prompt was open (B78, T15), at the console on a pseudo-terminal: whatever is
 * answered afterwards, nothing is verified and nothing is reset.
 */
import { describe, expect, it } from 'vitest';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { seconds } from '../../src/rules/duration.js';
import type { OperatorRole } from '../../src/rules/people.js';
import { PHRASE } from '../support/console-desk.js';
import { useMira } from '../support/mira-at-console.js';
import { KEYS, type OpenTerminal } from '../support/pty.js';

/** In the order of a call; `code` is asked of a lead only. */
const PROMPTS = ['find', 'request', 'phrase', 'next', 'code', 'whom', 'reason', 'ticket', 'sure'] as const;
type Prompt = (typeof PROMPTS)[number];
const EVENTS = ['disable', 'demote', 'sign out', 'freeze'] as const;
type Event = (typeof EVENTS)[number];

const { desk, move, code, change, signedIn, signOut } = useMira();

async function beginAs(role: OperatorRole): Promise<OpenTerminal> {
  await change({ role, disabled_at: null });
  return signedIn();
}

/** What is typed at each prompt, and what is seen once the next one is open. */
const ANSWERS: Readonly<Record<Prompt, (terminal: OpenTerminal) => Promise<void> | void>> = {
  find: async (terminal) => {
    terminal.type('ana.trujillo');
    await Promise.race([terminal.waitFor(/^[> ] (?!No match)\S/m), terminal.exit()]).catch(() => undefined);
    terminal.type(KEYS.enter);
  },
  request: (terminal) => terminal.type('6'),
  phrase: (terminal) => terminal.type(`${PHRASE}${KEYS.enter}`),
  next: (terminal) => terminal.type('1'),
  code: (terminal) => terminal.type(`${code()}${KEYS.enter}`),
  whom: async (terminal) => {
    terminal.type('cara');
    await Promise.race([terminal.waitFor(/^[> ] (?!No match)\S/m), terminal.exit()]).catch(() => undefined);
    terminal.type(KEYS.enter);
  },
  reason: (terminal) => terminal.type(KEYS.enter),
  ticket: (terminal) => terminal.type(`T-1${KEYS.enter}`),
  sure: (terminal) => terminal.type('1'),
};
const SEEN: Readonly<Record<Prompt, RegExp>> = {
  find: /\? Find/,
  request: /\? Request/,
  phrase: /\? Phrase/,
  next: /VERIFIED[\s\S]*\? Next/,
  code: /\? Code/,
  whom: /\? Reset whom/,
  reason: /\? Reason/,
  ticket: /\? Ticket/,
  sure: /\? Reset this login/,
};

/** A sign-in with a code is fresh for five minutes, so a lead is asked again only when these are over. */
async function reach(terminal: OpenTerminal, role: OperatorRole, wanted: Prompt): Promise<void> {
  for (const prompt of PROMPTS) {
    if (prompt === 'code' && role !== 'lead') continue;
    await terminal.waitFor(SEEN[prompt]);
    if (prompt === 'next' && role === 'lead') {
      move(seconds(301));
    }
    if (prompt === wanted) return;
    await ANSWERS[prompt](terminal);
  }
}

async function happen(event: Event): Promise<void> {
  const at = Date.now();
  switch (event) {
    case 'disable':
      return change({ disabled_at: at });
    case 'demote':
      return change({ role: 'auditor' });
    case 'sign out':
      return signOut();
    case 'freeze':
      return freeze(at);
  }
}

async function freeze(at: number | null): Promise<void> {
  const kind = at === null ? 'mfa.thawed' : 'mfa.frozen';
  const row = { frozen_at: at, frozen_until: null, by_id: null, by_name: 'lena', reason: null };
  const entry = { kind, outcome: 'done', at: Date.now(), by: SYSTEM } as const;
  await desk().store.record(entry, (write) => write.freeze.set(row));
}

/** Everything that somebody could have in hand. */
async function done(): Promise<unknown> {
  const { read } = desk().store;
  const count = async (kind: string) => (await read.audit.newest({ kind, outcome: 'done' }, 1000)).length;
  return { verified: await count('verification.verified'), resets: await count('mfa.reset') };
}

const RESETTING: readonly Prompt[] = ['next', 'code', 'whom', 'reason', 'ticket', 'sure'];
const cases = (['verifier', 'agent', 'lead'] as const).flatMap((role) =>
  PROMPTS.filter((prompt) =>
    role === 'verifier'
      ? !RESETTING.includes(prompt)
      : role === 'lead'
        ? RESETTING.includes(prompt)
        : prompt !== 'code',
  ).flatMap((prompt) =>
    EVENTS.filter((event) => event !== 'freeze' || RESETTING.includes(prompt)).map(
      (event) => [role, prompt, event] as const,
    ),
  ),
);

/** Refused in words, locked until the password is given, or at the end of the console. */
const STOPPED = /NOT DONE|LOCKED|Next: /;

describe('role × prompt × what happens meanwhile (B78, T15)', () => {
  it.each(cases)('%s at the prompt "%s": %s', async (role, prompt, event) => {
    const terminal = await beginAs(role);
    await reach(terminal, role, prompt);
    await happen(event);
    const before = await done();
    const asked = PROMPTS.filter((each) => each !== 'code' || role === 'lead');
    const rest = asked.slice(asked.indexOf(prompt));
    for (const [at, each] of rest.entries()) {
      await ANSWERS[each](terminal);
      const next = rest[at + 1];
      const going = next === undefined ? /second factors? (were|was) reset|\? Next/i : SEEN[next];
      await terminal.waitFor(new RegExp(`${STOPPED.source}|${going.source}`));
      if (STOPPED.test(terminal.screen())) break;
    }
    expect(terminal.screen()).toMatch(STOPPED);
    if (event !== 'freeze') expect(await done()).toEqual(before);
    expect(await done()).toMatchObject({ resets: (before as { resets: number }).resets });
    if (event === 'freeze') await freeze(null);
  });

  it('teeth: with nothing happening the same answers verify and reset', async () => {
    const before = (await done()) as { verified: number; resets: number };
    const terminal = await beginAs('agent');
    await reach(terminal, 'agent', 'sure');
    await ANSWERS.sure(terminal);
    await terminal.waitFor(/\? Next/);
    expect(await done()).toEqual({ verified: before.verified + 1, resets: before.resets + 1 });
  });
});
