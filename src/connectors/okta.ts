/**
 * Okta management API v1. The path finds people by id, login or a login's first part, so the answer is compared. It has no look-up by
 * e-mail without a search over all people, so an e-mail counts only where it is the login.
 */
import {
  type Fields,
  factorsOf,
  fieldsOf,
  findBy,
  judgePermissions,
  type Kind,
  optionalText,
  orNone,
  sameName,
  textOf,
} from './answers.js';
import type { Found, Gated } from './connector.js';
import { claimsOf, openClient } from './vendor-http.js';

const ONE = '/api/v1/users/{id}';
const TAC = '/api/v1/users/{id}/authenticator-enrollments/tac';
const HARMLESS = ['okta.users.read', 'okta.users.read.self', 'openid', 'profile'];
const SUSPENDED = 'SUSPENDED';
const profileOf = (user: Fields, key: string): string => optionalText(fieldsOf(user['profile']), key);

export const okta: Kind = {
  gates: ['temporary-code', 'suspend', 'none'],
  open: (settings, outside) => {
    // A token of an app is a JWT; one that an admin made is not.
    const scheme = (token: string) => `${claimsOf(token) === null ? 'SSWS' : 'Bearer'} ${token}`;
    const { ask, claims } = openClient(settings, outside, scheme);
    const { now } = outside.effects;
    const read = async (id: string): Promise<Fields> => fieldsOf(await ask('GET', ONE, { id }));
    const isSuspended = async (id: string) => textOf(await read(id), 'status') === SUSPENDED;
    const look =
      (nameOf: (user: Fields) => string) =>
      async (name: string): Promise<readonly Found[]> =>
        (await orNone(read(name).then((user) => [user])))
          .filter((user) => sameName(nameOf(user), name))
          .map((user) => ({
            id: textOf(user, 'id'),
            suspended: user['status'] === SUSPENDED,
            login: profileOf(user, 'login'),
            email: profileOf(user, 'email'),
          }));
    const byLogin = look((user) => profileOf(user, 'login'));
    // "Issuing a new TAC invalidates any existing": so one whose answer was lost is worth nothing.
    const temporaryCode = async (id: string, minutes: number): Promise<Gated> => {
      const body = { authenticatorId: settings.authenticator, profile: { ttl: String(minutes), multiUse: false } };
      const { profile } = fieldsOf(await ask('POST', TAC, { id }, body));
      const made = fieldsOf(profile);
      const until = Date.parse(optionalText(made, 'expiresAt')) || now() + minutes * 60_000;
      return { kind: 'temporary-code', code: textOf(made, 'tac'), until };
    };
    return {
      find: (person) => findBy(person, { id: look((user) => textOf(user, 'id')), login: byLogin, email: byLogin }),
      // A temporary access code is our gate, not a factor to remove.
      factors: async (id) => {
        const all = factorsOf(await ask('GET', `${ONE}/factors`, { id }), 'factorType', 'vendorName');
        return all.filter(({ kind }) => kind !== 'tac');
      },
      reset: async (id) => void (await ask('POST', `${ONE}/lifecycle/reset_factors`, { id })),
      endSessions: async (id) => {
        // The document gives two defaults for forgetDevices, so it is said.
        await ask('DELETE', `${ONE}/sessions?oauthTokens=true&forgetDevices=true`, { id });
        return 'ended';
      },
      gate: async (id, { kind, minutes }) => {
        if (kind === 'temporary-code') return temporaryCode(id, minutes);
        // A second call would be refused, and the answer to the first may have been lost.
        if (!(await isSuspended(id))) await ask('POST', `${ONE}/lifecycle/suspend`, { id });
        return { kind, code: null, until: null };
      },
      lift: async (id) => {
        if (await isSuspended(id)) await ask('POST', `${ONE}/lifecycle/unsuspend`, { id });
      },
      permissions: async () => {
        // An app has no user of its own, which is no fault.
        await orNone(read('me'));
        const token = await claims();
        const rule = { needed: ['okta.users.manage'], harmless: HARMLESS, now: now() };
        return judgePermissions(token, token?.['scp'], rule);
      },
    };
  },
};
