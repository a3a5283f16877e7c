/** Refusals in words: complete for whoever reads them, and nothing of the desk's for a customer. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import de from '../../../data/messages/de/refusals.json' with { type: 'json' };
import en from '../../../data/messages/en/refusals.json' with { type: 'json' };
import { localZoned, waitFrom } from '../../../src/commands/wording/results.js';
import { worded } from '../../../src/commands/wording/worded.js';
import { Refusal, refusal } from '../../../src/errors.js';
import { hours, minutes } from '../../../src/rules/duration.js';
import { repositoryRoot } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';

const START = Date.UTC(2026, 10, 22, 10, 15);
const ENGLISH = wordsAt(START);
const GERMAN = wordsAt(START, 'de');
const sources = (folder: string): readonly { readonly name: string; readonly text: string }[] =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(repositoryRoot, folder, name), 'utf8') }));

/** What a customer's own procedures throw, by the text of their files. */
const THROWN = /refusal\(\s*'[a-z-]+',\s*'([a-z0-9-]+)'/g;
/** Files of these wings that only the desk calls. */
const OF_THE_DESK = ['invite-many.ts', 'invite-user.ts', 'set-up-passphrase.ts'];

describe('refusals in words', () => {
  it('rules and procedures hold no sentences, no commands and no options of the terminal', () => {
    const files = [...sources('src/procedures'), ...sources('src/rules')];
    const bare = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    expect(
      files.filter(({ text }) => /countersign [a-z]|new Refusal\(/.test(bare(text))).map(({ name }) => name),
    ).toEqual([]);
    expect(files.filter(({ text }) => /['"`]--[a-z]/.test(bare(text))).map(({ name }) => name)).toEqual([]);
  });

  it('has a sentence for customers for every reason that their own procedures throw', () => {
    const files = ['portal', 'factors', 'codes', 'passphrases']
      .flatMap((wing) => sources(`src/procedures/${wing}`))
      .concat(sources('src/procedures/resets').filter(({ name }) => /in-portal|object-to/.test(name)))
      .filter(({ name }) => !OF_THE_DESK.some((file) => name.endsWith(file)));
    const thrown = files.flatMap(({ text }) => [...text.matchAll(THROWN)].map(([, reason = '']) => reason));
    expect(thrown.length).toBeGreaterThan(40);
    expect(thrown.filter((reason) => !(reason in en.customer.reasons))).toEqual([]);
  });

  it('names no command of the desk to a customer', () => {
    for (const { unsaid, reasons, steps } of [en.customer, de.customer]) {
      for (const [key, message] of Object.entries({ unsaid, ...reasons, ...steps })) {
        expect(message, key).not.toMatch(/countersign (?!portal)/);
        expect(message, key).not.toMatch(/operator/i);
      }
    }
  });

  it('a frozen desk: the operator reads by whom, the customer reads no name, in text or JSON', () => {
    const frozen = refusal('refused-by-policy', 'resets-frozen', { until: null, by: 'lena' }, 'lead-thaws', {
      also: { freeze: { by: { id: 'opr_1', name: 'lena' } } },
    });
    expect(worded(frozen, 'desk', ENGLISH)).toMatchObject({
      message: 'lena has frozen all resets',
      hint: 'A lead can end the freeze with: countersign mfa thaw',
      also: { freeze: { by: { name: 'lena' } } },
    });
    const read = worded(frozen, 'customer', ENGLISH);
    expect(JSON.stringify([read.message, read.hint, read.also, read.problems])).not.toMatch(/lena|opr_|mfa thaw/);
    expect(read.message).toBe('your support desk has stopped all resets');
  });

  it("a reason that is the desk's alone reaches a customer as a general sentence", () => {
    const secret = refusal('forbidden', 'operator-disabled', { operator: 'lena' }, 'list-operators', {
      problems: [{ message: 'lena was disabled' }],
    });
    const { message, hint, problems, code } = worded(secret, 'customer', ENGLISH);
    expect({ message, hint, problems, code }).toEqual({
      message: 'this is not possible just now',
      hint: 'Call your support desk.',
      problems: [],
      code: 'forbidden',
    });
  });

  it('figures are those of the policy', () => {
    for (const failures of [3, 5]) {
      const wrong = refusal('not-signed-in', 'code-wrong', { failures }, 'retry-code');
      expect(worded(wrong, 'customer', ENGLISH).hint).toContain(`After ${failures} failures`);
    }
  });

  it('waits are told by the clock of this machine, and never end too early', () => {
    const when = waitFrom(START);
    const local = (at: number) => new Date(at).toTimeString().slice(0, 5);
    expect(when(START + minutes(14))).toBe(`in 14 minutes (${local(START + minutes(14))})`);
    expect(when(START + minutes(13) + 1)).toBe(`in 14 minutes (${local(START + minutes(14))})`);
    expect(when(START + 1)).toBe(`in 1 minute (${local(START + minutes(1))})`);
    expect(when(START + hours(24))).toMatch(/^in 24 hours \(2026-11-2[34] \d\d:\d\d\)$/);
    expect(when(START + hours(24 * 7))).toMatch(/^in 7 days \(/);
  });

  it('speaks German where it is asked to: counts, waits, lists and terms (B98)', () => {
    const local = new Date(START + minutes(14)).toTimeString().slice(0, 5);
    const locked = refusal('locked', 'locked-until', { who: 'caller', until: START + minutes(14) }, 'wait-for-owner');
    expect(worded(locked, 'desk', GERMAN)).toMatchObject({
      message: `dieser Anrufer ist nach zu vielen falschen Antworten gesperrt; der nächste Versuch ist in 14 Minuten (${local}) möglich`,
      hint: 'Warten Sie bis dahin. Auch der Inhaber kann die Sperre beenden, indem er sich am Portal anmeldet.',
    });
    const taken = (why: string) =>
      worded(refusal('delivery-failed', 'message-not-taken', { id: 'msg_1', why }), 'desk', GERMAN);
    expect(taken('mail server: no answer in time').message).toMatch(/Mailserver: keine Antwort/);
    expect(taken('wrong-token').message).toMatch(/nimmt den Token nicht an/);
    const names = ['lena', 'omar', 'mira'];
    const alone = refusal('approval-needed', 'recovery-code-not-alone', { names }, 'ask-one-of');
    expect(worded(alone, 'desk', GERMAN).hint).toBe('Fragen Sie lena, omar oder mira.');
    expect(worded(alone, 'desk', ENGLISH).hint).toBe('Ask lena, omar or mira.');
    const waits = refusal('approval-needed', 'approval-needed', { approval: 'admin-target', id: 'apr-1' });
    expect(worded(waits, 'desk', GERMAN).message).toBe(
      'für die Zurücksetzung eines Admins ist das Ja eines zweiten Bearbeiters nötig',
    );
    expect(worded(refusal('forbidden', 'own-request', {}), 'customer', GERMAN).message).toBe(
      'das ist gerade nicht möglich',
    );
  });

  it('what people typed is said as it is, also where it looks like a placeholder', () => {
    const reference = "{until, date} o'neil <or>";
    expect(worded(refusal('not-found', 'account-unknown', { reference }), 'desk', ENGLISH).message).toBe(
      `no account matches "${reference}"`,
    );
  });

  it('a step that comes later follows what is said already', () => {
    const lost = new Refusal('store-unreachable', 'the store is gone', { hint: 'Look at the disk.' });
    expect(
      worded(lost.followedBy('resume-job', { id: 'job_1' }, { job: { id: 'job_1' } }), 'desk', ENGLISH),
    ).toMatchObject({
      code: 'store-unreachable',
      message: 'the store is gone',
      hint: 'Look at the disk.   Go on with: countersign job resume job_1',
      also: { job: { id: 'job_1' } },
    });
  });

  it('a time that is read elsewhere names its zone', () => {
    const [, day, time, zone] = /^(\S+) (\S+) UTC([+-]\d\d:\d\d)?$/.exec(localZoned(START)) ?? [];
    expect(Date.parse(`${day}T${time}${zone ?? 'Z'}`)).toBe(START);
  });

  it('titles of the shipped requests are in the language; those of a policy of your own stay as written', () => {
    const { categories } = JSON.parse(readFileSync(join(repositoryRoot, 'data/actions.json'), 'utf8')) as {
      categories: readonly { readonly actions: readonly { readonly title: string }[] }[];
    };
    const titles = categories.flatMap(({ actions }) => actions.map(({ title }) => title));
    expect(titles.map((title) => ENGLISH.term('actionTitle', title))).toEqual(titles);
    expect(titles.filter((title) => GERMAN.term('actionTitle', title) === title)).toEqual([]);
    expect(GERMAN.term('actionTitle', 'Port a number')).toBe('Port a number');
  });
});
