/** Who is typing in the portal: an open session, or a password on standard input that signs in for one command (B17). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { type PortalUser, portalSession } from '../../../src/commands/portal/portal-session.js';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
} from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import type { OwnerDoor } from '../../../src/procedures/portal/owner-locks.js';
import { RESETTING_USERS } from '../../../src/procedures/resets/reset-in-portal.js';
import { minutes } from '../../../src/rules/duration.js';
import { PHRASE } from '../../procedures/northwind.js';
import { type App, PASSWORD, type PortalPlace, portalPlace } from '../../procedures/portal/portal-place.js';
import { refusalOf } from '../../support/said.js';

describe('who uses the portal', () => {
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
  const OWNER: OwnerDoor = { lock: 'owner' };

  /** One command: with the session in the state folder, or with the password on standard input. */
  const use = <T>(work: (portal: PortalUser) => Promise<T>, door = OWNER, more: object = {}) => {
    const context = {
      desk: async () => place.desk,
      tongue: { language: 'en', read: () => undefined, now: () => 0 },
      sessions: { read: async () => token },
      files: { readSecretLine: async () => PASSWORD },
    } as unknown as Context;
    return portalSession(context, { ...given, ...more }, door, work);
  };
  const piped = <T>(work: (portal: PortalUser) => Promise<T>, door = OWNER) => {
    place.nextStep();
    return use(work, door, { passwordStdin: true, code: place.code(app) });
  };
  const sessions = async () => (await place.desk.store.read.portalSessions.ofUser('usr_acc_200500_xena')).length;

  it('B17 a session opens no door whose password has grown old; the password with the command does, with a code', async () => {
    const inside = async ({ viewKey }: PortalUser) => viewKey !== null;
    expect(await use(inside, RESETTING_USERS)).toBe(false);
    place.clock.advance(minutes(6));
    for (const door of [RESETTING_USERS, VIEWING_PASSPHRASE]) {
      expect((await refusalOf(use(inside, door))).code).toBe('missing-option');
      expect((await refusalOf(use(inside, door, { passwordStdin: true }))).code).toBe('factor-needed');
      expect(await piped(inside, door)).toBe(true);
    }
  });

  it('the command that reads a phrase has no room for the password: with an old one it says to sign in again', async () => {
    place.clock.advance(minutes(6));
    const { code, hint } = await refusalOf(use(async () => undefined, SETTING_PASSPHRASE));
    expect([code, hint]).toEqual(['not-signed-in', 'Sign in again with: countersign portal login']);
  });

  it('B17 who may not is told that, however old the password is', async () => {
    const opened = await place.signIn('xavi');
    token = opened.token;
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: { kind: 'system', id: 't', name: 't' } },
      (write) => write.portalSessions.update(opened.session.sessionId, { state: 'done' }),
    );
    place.clock.advance(minutes(6));
    for (const door of [RESETTING_USERS, VIEWING_PASSPHRASE]) {
      expect((await refusalOf(use(async () => 'used', door, { as: 'xavi' }))).code).toBe('forbidden');
    }
  });

  it('with the password on standard input signs in for the one command, also where what is done in it fails or ends it', async () => {
    const before = await sessions();
    expect(await piped(sessions)).toBe(before + 1);
    await expect(piped(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    const endAll = () =>
      place.desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at: place.clock.now(), by: { kind: 'system', id: 't', name: 't' } },
        (write) => write.trust.end(['usr_acc_200500_xena']),
      );
    expect(await sessions()).toBe(before);
    expect((await piped(endAll)).sessionsEnded).toBe(before + 1);
  });
});
