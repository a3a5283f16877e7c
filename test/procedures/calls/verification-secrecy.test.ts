/** What an outsider could learn from a verification: nothing about who exists (B73), and the phrase nowhere (B11). */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOf, sayOf, withNeutralLine } from '../../../src/commands/calls/verdict-view.js';
import type { Verdict } from '../../../src/procedures/calls/verify-caller.js';
import { spokenForms } from '../../../src/rules/spoken-form.js';
import { engines } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';
import { OTHER_PHRASE, PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, unlimited, WRONG } from '../phone-desk.js';

const NEUTRAL = "I'm sorry, I can't complete this request on this call.";

describe.each(engines)('what a verification gives away on %s', (engine) => {
  let place: PhoneDesk;
  const english = () => wordsAt(place.clock.now());
  beforeAll(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
    await place.givePhrase('ben', OTHER_PHRASE);
  });
  afterAll(() => place.close());

  /** The four ways to be nobody: unknown, without a phrase, with a wrong one, of another account. */
  const refused = (): Readonly<Record<string, { account?: string; caller: string }>> => ({
    'an unknown caller': { caller: 'nobody' },
    'a caller without a phrase': { caller: 'sue' },
    'a caller with another phrase': { caller: 'ana' },
    'a caller of another account': { account: '200500', caller: 'ana' },
  });

  it('B73 unknown, none, wrong and foreign: the same line to read aloud and the same guidance', async () => {
    const verdicts: Verdict[] = [];
    // The first mismatch of each is asked again (E11), every other is not.
    for (const line of ['I did not get that. Please say it once more, or spell it.', NEUTRAL]) {
      const round: Verdict[] = [];
      for (const said of Object.values(refused()))
        round.push(await place.call({ account: '100234', ...said, phrase: WRONG, desk: unlimited(place.desk) }));
      expect(new Set(round.map((one) => sayOf(one, english())))).toEqual(new Set([line]));
      verdicts.push(...round);
    }
    // The path to read aloud is that of the company's edition, so only within one.
    const ofOne = verdicts.filter(({ account }) => account.number === '100234');
    const documents = ofOne.map(
      (verdict) => resultOf(verdict, english(), english()).document as { verification: { guidance: string[] } },
    );
    expect(new Set(documents.map((document) => JSON.stringify(document.verification.guidance))).size).toBe(1);
    expect(new Set(verdicts.map((verdict) => resultOf(verdict, english(), english()).exit))).toEqual(new Set([3]));
  });

  it('B73 a locked caller hears that line too, known or not', async () => {
    for (const caller of ['ben', 'no one at all']) {
      for (let n = 0; n < 5; n += 1) await place.call({ caller, phrase: WRONG });
      const refusal = await place.refusal(place.call({ caller, phrase: WRONG }));
      expect(await withNeutralLine(refusal, english(), english())).toMatchObject({
        code: 'locked',
        message: expect.stringContaining('this caller is locked out'),
        also: { say: "I'm sorry, I can't complete this request on this call." },
      });
    }
    place.clock.advance(2 * 3_600_000);
  });

  it('B73 the same work for each: one check of the same cost, and as many writes', async () => {
    const { secrets, store } = place.desk;
    const work: Record<string, { checks: number; makes: number; records: number }> = {};
    for (const [who, said] of Object.entries(refused())) {
      const done = { checks: 0, makes: 0, records: 0 };
      const counting = {
        ...unlimited(place.desk),
        secrets: {
          check: (...parts: Parameters<typeof secrets.check>) => {
            done.checks += 1;
            return secrets.check(...parts);
          },
          make: (...parts: Parameters<typeof secrets.make>) => {
            done.makes += 1;
            return secrets.make(...parts);
          },
        },
        store: {
          ...store,
          record: ((entry, change) => {
            done.records += 1;
            return store.record(entry, change);
          }) as typeof store.record,
        },
      };
      await place.call({ ...said, phrase: WRONG, desk: counting });
      work[who] = done;
    }
    const same = { checks: 1, makes: 0, records: 2 };
    expect(work).toEqual(Object.fromEntries(Object.keys(refused()).map((who) => [who, same])));
  });

  it('B73 teeth: a desk that answers before it hashes is seen by the same count', async () => {
    let checks = 0;
    const { secrets } = place.desk;
    const eager: typeof secrets = {
      ...secrets,
      check: async (kind, purpose, where, sealed, secret) => {
        if (sealed === null) return { matches: false, outdated: false };
        checks += 1;
        return secrets.check(kind, purpose, where, sealed, secret);
      },
    };
    for (const said of Object.values(refused())) {
      await place.call({ ...said, phrase: WRONG, desk: { ...unlimited(place.desk), secrets: eager } });
    }
    expect(checks).not.toBe(Object.keys(refused()).length);
  });

  it('B11 the phrase stands in no verdict, document, log entry, outbox message, refusal or byte of the store', async () => {
    const answers: string[] = [];
    for (const phrase of [PHRASE, `${PHRASE} no`, WRONG]) {
      const verdict = await place.call({ phrase, ticket: 'T-1', desk: unlimited(place.desk) });
      answers.push(JSON.stringify(verdict), JSON.stringify(resultOf(verdict, english(), english())));
    }
    for (let n = 0; n < 5; n += 1) await place.call({ phrase: WRONG, caller: 'uma' });
    const locked = await place.refusal(place.call({ phrase: WRONG, caller: 'uma' }));
    answers.push(JSON.stringify(locked), String(locked.stack));
    answers.push(JSON.stringify(await place.entries()));
    for (const user of ['ana', 'ben'] as const) {
      answers.push(JSON.stringify(await place.desk.store.read.secrets.passphrase((await place.user(user)).id)));
    }
    if (engine === 'sqlite') {
      for (const end of ['', '-wal', '-shm']) {
        const file = `${place.settings.store}${end}`;
        if (existsSync(file)) answers.push(readFileSync(file, 'latin1'));
      }
    }
    expect(answers.join('\n').length).toBeGreaterThan(1_000);
    for (const phrase of [PHRASE, WRONG]) {
      const seen = spokenForms(phrase).concat(phrase, phrase.normalize('NFD'));
      const hidden = seen.flatMap((text) => [
        text,
        Buffer.from(text).toString('base64').replace(/=+$/, ''),
        Buffer.from(text).toString('hex'),
      ]);
      expect(hidden.filter((text) => answers.some((answer) => answer.includes(text)))).toEqual([]);
    }
    expect(
      answers.some((answer) => answer.includes('verification.refused')),
      'teeth: what stands there is found',
    ).toBe(true);
  });
});
