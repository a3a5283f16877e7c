/** A verdict as a document and as text: what scripts rely on, and what agents read aloud (B13, B15, B19, B73). */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { resultOf, verdictView } from '../../../src/commands/calls/verdict-view.js';
import { englishAt } from '../../../src/commands/wording/words.js';
import type { Verdict } from '../../../src/procedures/calls/verify-caller.js';
import type { RefusalReason } from '../../../src/rules/guidance.js';
import { type CustomerRole, EDITIONS, type Edition } from '../../../src/rules/people.js';

const NEUTRAL = "I'm sorry, I can't complete this request on this call.";

const account = z.strictObject({
  id: z.string().regex(/^acc_/),
  number: z.string(),
  name: z.string(),
  edition: z.enum(['classic', 'x-series']),
});
const caller = z.strictObject({
  id: z.string().regex(/^usr_/),
  login: z.string(),
  name: z.string(),
  role: z.enum(['primary-admin', 'secondary-admin', 'admin', 'user']),
});
const verified = z.strictObject({
  verification: z.strictObject({
    id: z.string().regex(/^ver_/),
    outcome: z.literal('verified'),
    account,
    caller,
    action: z.string().regex(/^[a-z-]+:[a-z-]+$/),
    ticket: z.string().optional(),
    grant: z.strictObject({ id: z.string().regex(/^gr_/), expiresAt: z.iso.datetime({ precision: 3 }) }),
    say: z.string().regex(/^Thank you, /),
  }),
});
const refused = z.strictObject({
  error: z.strictObject({
    code: z.enum(['not-verified', 'not-privileged']),
    message: z.string(),
    hint: z.string(),
  }),
  verification: z.strictObject({
    id: z.string().regex(/^ver_/),
    outcome: z.literal('refused'),
    reason: z.enum(['not-verified', 'not-privileged', 'no-passphrase', 'forgot']),
    account,
    caller: caller.nullable(),
    action: z.string(),
    ticket: z.string().optional(),
    say: z.literal(NEUTRAL),
    note: z.string(),
    guidance: z.array(z.string()).min(1),
  }),
});

function verdict(
  reason: RefusalReason | null,
  edition: Edition = 'classic',
  role: CustomerRole = 'primary-admin',
): Verdict {
  const at = Date.UTC(2026, 10, 22, 10);
  return {
    id: 'ver_1',
    outcome: reason === null ? 'verified' : 'refused',
    reason,
    account: {
      id: 'acc_1',
      number: '100234',
      name: 'Northwind',
      edition,
      sso: null,
      country: null,
      language: null,
      connector: null,
      mfaRequiredAt: null,
      phoneResetForbidden: false,
      disabledAt: null,
    },
    caller: {
      id: 'usr_1',
      accountId: 'acc_1',
      login: 'ana',
      name: 'Ana Trujillo',
      email: 'ana@mail.example',
      phone: '030 1',
      phoneE164: null,
      role,
      scopes: [],
      signIn: 'native',
      contactChangedAt: at,
      disabledAt: null,
      authorityVersion: 1,
      powerHeldUntil: null,
      language: null,
      external: null,
    },
    action: { id: 'billing:change', category: 'billing', title: 'Change billing' },
    ticket: 'T-1',
    said: 'ana',
    tries: null,
    again: false,
    grant: reason === null ? { id: 'gr_1', expiresAt: at } : null,
  };
}

const NOW = Date.UTC(2026, 10, 22, 10);
const ENGLISH = englishAt(NOW);
const text = (value: Verdict): string =>
  resultOf(value, ENGLISH, ENGLISH)
    .view.flatMap((block) => ('text' in block ? [block.text] : 'lines' in block ? block.lines : []))
    .join('\n');
const REASONS: readonly RefusalReason[] = ['not-verified', 'not-privileged', 'no-passphrase', 'forgot'];

describe('the document of a verification', () => {
  it('verified: exactly the members of the contract, exit 0', () => {
    const result = resultOf(verdict(null), ENGLISH, ENGLISH);
    expect(result.exit ?? 0).toBe(0);
    expect(verified.parse(result.document)).toMatchObject({
      verification: {
        ticket: 'T-1',
        grant: { id: 'gr_1', expiresAt: '2026-11-22T10:00:00.000Z' },
        say: expect.stringMatching(/^Thank you, Ana Trujillo\./),
      },
    });
  });

  it.each(REASONS)('refused as %s: error and verification side by side, exit 3', (reason) => {
    for (const edition of EDITIONS) {
      const result = resultOf(verdict(reason, edition), ENGLISH, ENGLISH);
      expect(result.exit).toBe(3);
      const document = refused.parse(result.document);
      expect(document.verification.reason).toBe(reason);
      expect(document.error.code).toBe(reason === 'not-privileged' ? 'not-privileged' : 'not-verified');
      expect(document.error.hint).toBe(document.verification.guidance.join(' '));
    }
  });

  it('a caller nobody knows is null, and a ticket that was not given is absent', () => {
    const { ticket: _ticket, ...rest } = verdict('not-verified');
    const document = refused.parse(resultOf({ ...rest, ticket: undefined, caller: null }, ENGLISH, ENGLISH).document);
    expect(document.verification.caller).toBeNull();
    expect('ticket' in document.verification).toBe(false);
  });

  it('teeth: the same schema finds a member too many', () => {
    const { verification } = resultOf(verdict(null), ENGLISH, ENGLISH).document as { verification: object };
    expect(verified.safeParse({ verification: { ...verification, authorityVersion: 1 } }).success).toBe(false);
  });
});

describe('wrong answers', () => {
  const tries = { wrong: 2, lockAt: 5, lock: undefined };
  const until = NOW + 14 * 60_000;

  it('the first mismatch is asked again in the same words for everybody, and nothing else is read aloud (E11, B73)', () => {
    const first = { tries: { ...tries, wrong: 1 }, again: true };
    const all = [
      { ...verdict('not-verified'), ...first },
      { ...verdict('no-passphrase'), ...first },
      { ...verdict('not-verified'), ...first, caller: null },
    ].map((one) => resultOf(one, ENGLISH, ENGLISH));
    for (const { exit, view, document } of all) {
      expect(exit).toBe(3);
      expect(document).toMatchObject({
        verification: { again: true, say: 'I did not get that. Please say it once more, or spell it.' },
      });
      expect(JSON.stringify(view.filter(({ kind }) => kind !== 'private' && kind !== 'title'))).not.toMatch(/sign in/i);
    }
    const aloud = all.map(({ view }) => JSON.stringify(view.filter(({ kind }) => kind === 'say' || kind === 'lines')));
    expect(new Set(aloud).size).toBe(1);
  });

  it('the operator alone reads how many there were, when they lock and until when, in local words (E11)', () => {
    const note = (value: Partial<Verdict>) => text({ ...verdict('not-verified'), ...value });
    expect(note({ tries })).toMatch(/The phrase is wrong\. 2 of 5 wrong answers\./);
    const lockedTries = { wrong: 5, lockAt: 5, lock: { kind: 'locked', until, clockBehind: false } } as const;
    const locked = note({ tries: lockedTries });
    expect(locked).toMatch(/5 of 5 wrong answers: locked, the next try is possible in 14 minutes \(\d\d:\d\d\)/);
    expect(locked).toContain('countersign user unlock 100234/ana --reason TEXT');
    const keyed = verdictView({ ...verdict('not-verified'), tries: lockedTries }, ENGLISH, ENGLISH, true);
    expect(JSON.stringify(keyed)).toMatch(/wrong answers: locked/);
    expect(JSON.stringify(keyed)).not.toMatch(/user unlock/);
    expect(note({ tries: { wrong: 20, lockAt: 5, lock: { kind: 'disabled', since: NOW } } })).toMatch(
      /20 wrong answers: locked, until a lead acts/,
    );
  });

  it('the operator alone reads that there is no such login, or that it is switched off (E12, A13)', () => {
    expect(text({ ...verdict('not-verified'), caller: null, said: 'anna' })).toContain(
      'There is no login "anna" in 100234.',
    );
    const { caller } = verdict(null);
    const off = text({ ...verdict('not-verified'), caller: caller && { ...caller, disabledAt: 1 } });
    expect(off).toMatch(/switched off/);
    expect(off).not.toMatch(/phrase is wrong/);
  });
});

describe('what is read aloud', () => {
  /* B19, word for word by its stations. */
  const STATIONS: Readonly<Record<Edition, readonly RegExp[]>> = {
    'x-series': [
      /Application panel or choose Get Support/,
      /My 8x8/,
      /arrow beside the user name/,
      /My Profile/,
      /Passphrase/,
    ],
    classic: [/Account Manager/, /Edit My Profile/, /Pass Phrase/],
  };

  it.each(EDITIONS)(
    'B19 forgotten, %s: exactly these steps in this order, as text to read aloud and in the document',
    (edition) => {
      const result = resultOf(verdict('forgot', edition), ENGLISH, ENGLISH);
      expect(result.exit).toBe(3);
      const { guidance } = refused.parse(result.document).verification;
      expect(guidance).toHaveLength(STATIONS[edition].length);
      for (const [at, station] of STATIONS[edition].entries()) expect(guidance[at]).toMatch(station);
      const shown = text(verdict('forgot', edition));
      const numbered = guidance.map((line, at) => `${at + 1}. ${line}`);
      for (const line of numbered) expect(shown).toContain(line);
      expect(numbered.map((line) => shown.indexOf(line))).toEqual(
        numbered.map((line) => shown.indexOf(line)).toSorted((a, b) => a - b),
      );
    },
  );

  it('B19 the path of one edition is never read to the other', () => {
    expect(text(verdict('forgot', 'classic'))).not.toMatch(/8x8|Get Support|Application panel/);
    expect(text(verdict('forgot', 'x-series'))).not.toMatch(/Account Manager|Edit My Profile/);
  });

  it.each(EDITIONS)('B73 not verified, no passphrase and forgotten sound the same, %s', (edition) => {
    const aloud = (['not-verified', 'no-passphrase', 'forgot'] as const).map((reason) => {
      const { say, guidance } = refused.parse(
        resultOf(verdict(reason, edition), ENGLISH, ENGLISH).document,
      ).verification;
      return JSON.stringify([say, guidance]);
    });
    expect(new Set(aloud).size).toBe(1);
  });

  it('B85 a failed call gives no hint towards a first passphrase', () => {
    for (const [edition, role] of [
      ['classic', 'primary-admin'],
      ['x-series', 'admin'],
    ] as const)
      expect(text(verdict('no-passphrase', edition, role))).not.toMatch(/set-up|setup|first one/);
  });

  it("B15 for the operator alone: a secondary admin sets their own, and the primary admin's does not verify them", () => {
    const shown = text(verdict('no-passphrase', 'classic', 'secondary-admin'));
    expect(shown).toMatch(/sets their own in the portal/);
    expect(shown).toMatch(/primary admin's does not verify them/);
    expect(shown).not.toMatch(/passphrase setup/);
  });

  it('the mfa:reset grant is handed on with the next command; other grants are not', () => {
    const reset = { id: 'login-security:mfa-reset', category: 'login-security', title: 'Reset' };
    expect(text({ ...verdict(null), action: reset })).toContain('countersign mfa reset 100234/LOGIN --grant gr_1');
    expect(text(verdict(null))).not.toContain('mfa reset');
    const neighbour = { ...reset, id: 'login-security:unlock-login' };
    expect(text({ ...verdict(null), action: neighbour }), 'of the same category').not.toContain('mfa reset');
  });

  it('the phrase and hints of it have no place in any of it', () => {
    for (const reason of [null, ...REASONS])
      expect(JSON.stringify(resultOf(verdict(reason), ENGLISH, ENGLISH))).not.toMatch(/verifier|letters|characters/);
  });
});
