/** Who is typing in the portal, at a terminal: what has grown old is asked for again, and nobody is asked in vain (B17). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { freshSession, openSession, sessionWithPassword } from '../../../src/commands/portal/portal-session.js';
import {
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { RESETTING_USERS } from '../../../src/procedures/resets/reset-in-portal.js';
import { minutes } from '../../../src/rules/duration.js';
import { PHRASE } from '../../procedures/northwind.js';
import { type App, PASSWORD, type PortalPlace, portalPlace } from '../../procedures/portal/portal-place.js';
import { refusalOf } from '../../support/said.js';
import { type ScriptedAnswer, scriptedPrompts } from '../../support/scripted-prompts.js';

describe('an open session', () => {
  let place: PortalPlace;
  let app: App;
  let token: string;
  beforeEach(async () => {
    place = await portalPlace('sqlite');
    app = await place.giveApp('xena');
    await place.requireMfa();
    place.nextStep();
    const opened = await place.signIn('xena');
    token = opened.token;
    const login = await place.answer(opened, 'totp', place.code(app));
    await setOwnPassphrase(place.desk, login, { phrase: PHRASE, password: null });
  });
  afterEach(() => place.close());

  const given = { account: '200500', as: 'xena', passwordStdin: false };

  const at = async <T>(answers: readonly ScriptedAnswer[], work: (context: Context) => Promise<T>) => {
    const prompts = scriptedPrompts(answers);
    const context = {
      ask: { possible: true, prompts: async () => prompts },
      desk: async () => place.desk,
      settings: async () => ({}),
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      sessions: { read: async () => token },
    } as unknown as Context;
    const shown = await work(context);
    prompts.done();
    return { asked: prompts.asked, shown };
  };

  /** `portal passphrase show` in little: what was asked, and what was shown. */
  const show = (answers: readonly ScriptedAnswer[]) =>
    at(answers, (context) =>
      sessionWithPassword(context, given, VIEWING_PASSPHRASE, ({ desk, login, viewKey }) =>
        viewOwnPassphrase(desk, login, viewKey),
      ),
    );
  const sessions = async () => (await place.desk.store.read.portalSessions.ofUser('usr_acc_200500_xena')).length;

  it('B17 asks for the password alone while the factor of the login is fresh', async () => {
    expect(await show([{ ask: 'secret', answer: PASSWORD }])).toEqual({
      asked: ['secret: Application password of xena'],
      shown: PHRASE,
    });
  });

  it('B17 asks for a code as well once it is some minutes old, and leaves no further session behind', async () => {
    place.clock.advance(minutes(6));
    const before = await sessions();
    const done = await show([
      { ask: 'secret', answer: PASSWORD },
      { ask: 'line', message: 'authenticator app', answer: place.code(app) },
    ]);
    expect(done.shown).toBe(PHRASE);
    expect(await sessions()).toBe(before);
  });

  it('asks for a password that has grown old, and for nothing before', async () => {
    const reset = (answers: readonly ScriptedAnswer[]) =>
      at(answers, (context) => freshSession(context, given, RESETTING_USERS, async ({ password }) => password));
    expect(await reset([])).toEqual({ asked: [], shown: null });
    place.clock.advance(minutes(6));
    expect((await reset([{ ask: 'secret', answer: PASSWORD }])).shown).toBe(PASSWORD);
    expect(await reset([])).toEqual({ asked: [], shown: null });
  });

  it('B17 asks nothing of who may not, however old the password is', async () => {
    const opened = await place.signIn('xavi');
    token = opened.token;
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: { kind: 'system', id: 't', name: 't' } },
      (write) => write.portalSessions.update(opened.session.sessionId, { state: 'done' }),
    );
    place.clock.advance(minutes(6));
    const plain = { ...given, as: 'xavi' };
    for (const door of [RESETTING_USERS, VIEWING_PASSPHRASE]) {
      const used = async () => 'used';
      const fresh = at([], (context) => freshSession(context, plain, door, used));
      expect((await refusalOf(fresh)).code).toBe('forbidden');
      const withPassword = at([], (context) => sessionWithPassword(context, plain, door, used));
      expect((await refusalOf(withPassword)).code).toBe('forbidden');
    }
  });

  it('with the password on standard input signs in for the one command, also where what is done in it fails or ends it', async () => {
    const before = await sessions();
    const piped = { ...given, as: 'xena', passwordStdin: true, code: '' };
    const run = (use: () => Promise<string>) => {
      place.nextStep();
      return at([], (context) => {
        const files = { readSecretLine: async () => PASSWORD };
        return openSession({ ...context, files } as unknown as Context, { ...piped, code: place.code(app) }, use);
      });
    };
    expect((await run(async () => String(await sessions()))).shown).toBe(String(before + 1));
    await expect(run(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    const endAll = () =>
      place.desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: { kind: 'system', id: 't', name: 't' } },
        (write) => write.trust.end(['usr_acc_200500_xena']),
      );
    expect(await sessions()).toBe(before);
    expect((await run(async () => String((await endAll()).sessionsEnded))).shown).toBe(String(before + 1));
  });
});
