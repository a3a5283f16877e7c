/**
 * Okta management API v1. The path finds people by id, login or a login's first part, so the answer is compared. It has no look-up by
 * e-mail without a search over all people, so an e-mail counts only where it is the login.
 */
import {
  checked,
  type Fields,
  fieldsOf,
  findBy,
  judgePermissions,
  listOf,
  optionalText,
  orNone,
  persist,
  sameName,
  settle,
  textOf,
} from './answers.js';
import { type Found, type Gate, Trouble } from './connector.js';
import { type OpenKind, openClient } from './open-kind.js';
import { claimsOf } from './token.js';

export const gates: readonly Gate[] = ['temporary-code', 'suspend', 'none'];

const ONE = '/api/v1/users/{id}';
const NEEDED = ['okta.users.manage'];
const ALLOWED = ['okta.users.read', 'okta.users.read.self', 'openid', 'profile'];
/** A temporary access code is an enrolment of its own. It is our gate, not a factor to remove. */
const CODE = 'tac';

export const open: OpenKind = (settings, outside) => {
  // A token of an app is a JWT; one that an admin made is not.
  const { ask, claims } = openClient(
    settings,
    outside,
    (token) => `${claimsOf(token) === null ? 'SSWS' : 'Bearer'} ${token}`,
  );
  const { now } = outside.effects;
  const statusOf = async (id: string) => textOf(fieldsOf(await ask('GET', ONE, { id })), 'status');
  const look = async (id: string, same: (user: Fields) => boolean): Promise<readonly Found[]> => {
    const users = await orNone(ask('GET', ONE, { id }).then((user) => [fieldsOf(user)]));
    return users
      .filter(same)
      .map((user) => ({ id: textOf(user, 'id'), suspended: optionalText(user, 'status') === 'SUSPENDED' }));
  };
  const byLogin = (login: string) =>
    look(login, (user) => sameName(optionalText(fieldsOf(user['profile']), 'login'), login));

  async function temporaryCode(id: string, minutes: number) {
    const body = { authenticatorId: settings.authenticator, profile: { ttl: String(minutes), multiUse: false } };
    // "Issuing a new TAC invalidates any existing": so one whose answer was lost is worth nothing.
    const made = await persist(() => ask('POST', '/api/v1/users/{id}/authenticator-enrollments/tac', { id }, body));
    const profile = fieldsOf(fieldsOf(made)['profile']);
    const until = Date.parse(optionalText(profile, 'expiresAt')) || now() + minutes * 60_000;
    return { kind: 'temporary-code' as const, code: textOf(profile, 'tac'), until };
  }

  return {
    find: (person) =>
      findBy(person, { id: (id) => look(id, (user) => user['id'] === id), login: byLogin, email: byLogin }),
    factors: async (id) =>
      listOf(await ask('GET', `${ONE}/factors`, { id })).flatMap((found) => {
        const kind = textOf(found, 'factorType');
        return kind === CODE ? [] : [{ kind, name: optionalText(found, 'vendorName'), id: textOf(found, 'id') }];
      }),
    reset: async (id) => {
      await ask('POST', `${ONE}/lifecycle/reset_factors`, { id });
    },
    endSessions: async (id) => {
      // The document gives two defaults for forgetDevices, so it is said.
      await ask('DELETE', `${ONE}/sessions?oauthTokens=true&forgetDevices=true`, { id });
      return 'ended';
    },
    gate: async (id, { kind, minutes }) => {
      if (kind === 'temporary-code') return temporaryCode(id, minutes);
      if (kind !== 'suspend') throw new Trouble('gate-not-possible');
      const suspend = () => ask('POST', `${ONE}/lifecycle/suspend`, { id });
      await settle(async () => (await statusOf(id)) === 'SUSPENDED', suspend);
      return { kind, code: null, until: null };
    },
    lift: (id) =>
      settle(
        async () => (await statusOf(id)) !== 'SUSPENDED',
        () => ask('POST', `${ONE}/lifecycle/unsuspend`, { id }),
      ),
    check: () =>
      checked(async () => {
        // An app has no user of its own, which is no fault.
        await orNone(ask('GET', ONE, { id: 'me' }).then(() => []));
        const token = await claims();
        return judgePermissions({ claims: token, held: token?.['scp'], needed: NEEDED, allowed: ALLOWED, now: now() });
      }),
  };
};
