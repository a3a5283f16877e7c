/** Who is typing in the portal, at a terminal: the view of a passphrase asks again for what has grown old (B17). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { sessionWithPassword } from '../../../src/commands/portal/portal-session.js';
import {
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { minutes } from '../../../src/rules/duration.js';
import { PHRASE } from '../../procedures/northwind.js';
import { type App, PASSWORD, type PortalPlace, portalPlace } from '../../procedures/portal/portal-place.js';
import { type ScriptedAnswer, scriptedPrompts } from '../../support/scripted-prompts.js';

describe('the view of a passphrase in an open session', () => {
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

  /** `portal passphrase show` in little: what was asked, and what was shown. */
  const show = async (answers: readonly ScriptedAnswer[]) => {
    const prompts = scriptedPrompts(answers);
    const context = {
      ask: { possible: true, prompts: async () => prompts },
      desk: async () => place.desk,
      sessions: { read: async () => token },
    } as unknown as Context;
    const given = { account: '200500', as: 'xena', passwordStdin: false };
    const shown = await sessionWithPassword(context, given, VIEWING_PASSPHRASE, ({ desk, login, viewKey }) =>
      viewOwnPassphrase(desk, login, viewKey),
    );
    prompts.done();
    return { asked: prompts.asked, shown };
  };
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
});
