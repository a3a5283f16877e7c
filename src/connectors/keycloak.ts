/**
 * Keycloak 26, admin API of one realm. Its search finds parts of names (`ana` finds `joanna`), so it is read to its end and compared here.
 * DELETE would remove a password as well, so only kinds that we know as second factors go.
 */
import {
  type Fields,
  factorsOf,
  fieldsOf,
  findBy,
  judgePermissions,
  type Kind,
  listOf,
  optionalText,
  orNone,
  sameName,
  textOf,
} from './answers.js';
import { type Found, Trouble } from './connector.js';
import { type Ask, openClient } from './vendor-http.js';

const SECOND = ['otp', 'webauthn', 'webauthn-passwordless', 'recovery-authn-codes'];
const FIRST = ['password', 'password-history'];
const PAGE = 100;
/** More people than that with a part of a name in theirs: somebody must give the id. */
const MOST_PAGES = 20;
const USERS = '/admin/realms/{realm}/users';
const ONE = `${USERS}/{id}`;
const HARMLESS = ['view-users', 'query-users', 'query-groups'];

const foundOf = (user: Fields): Found => ({
  id: textOf(user, 'id'),
  suspended: user['enabled'] === false,
  login: optionalText(user, 'username'),
  email: optionalText(user, 'email'),
});

const search = (ask: Ask, realm: string, key: 'username' | 'email') => async (text: string) => {
  const hits: Found[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const values = { realm, text, first: String(page * PAGE) };
    const found = listOf(await ask('GET', `${USERS}?${key}={text}&first={first}&max=${PAGE}`, values));
    hits.push(...found.filter((user) => sameName(optionalText(user, key), text)).map(foundOf));
    if (found.length < PAGE) return hits;
  }
  throw new Trouble('too-large');
};

export const keycloak: Kind = {
  gates: ['link', 'none'],
  open: (settings, outside) => {
    const { ask, claims } = openClient(settings, outside);
    const { realm } = settings;
    const { now } = outside.effects;
    return {
      find: (person) =>
        findBy(person, {
          id: async (id) => [foundOf(fieldsOf(await ask('GET', ONE, { realm, id })))].filter((user) => user.id === id),
          login: search(ask, realm, 'username'),
          email: search(ask, realm, 'email'),
        }),
      factors: async (id) => {
        const all = factorsOf(await ask('GET', `${ONE}/credentials`, { realm, id }), 'type', 'userLabel');
        return all.filter(({ kind }) => !FIRST.includes(kind));
      },
      reset: async (id, factors) => {
        for (const factor of factors.filter(({ kind }) => SECOND.includes(kind)))
          await orNone(ask('DELETE', `${ONE}/credentials/{factor}`, { realm, id, factor: factor.id }));
      },
      endSessions: async (id) => {
        await ask('POST', `${ONE}/logout`, { realm, id });
        return 'ended';
      },
      gate: async (id, { kind, minutes }) => {
        const values = { realm, id, seconds: String(minutes * 60) };
        await ask('PUT', `${ONE}/execute-actions-email?lifespan={seconds}`, values, ['CONFIGURE_TOTP']);
        return { kind, code: null, until: now() + minutes * 60_000 };
      },
      permissions: async () => {
        listOf(await ask('GET', `${USERS}?first=0&max=1`, { realm }));
        const token = await claims();
        // A token of the realm master names the realm in the client's name.
        const { 'realm-management': own, [`${realm}-realm`]: ofMaster } = Object(token?.['resource_access']);
        const rule = { needed: ['manage-users'], harmless: HARMLESS, now: now() };
        return judgePermissions(token, Object(own ?? ofMaster).roles, rule);
      },
    };
  },
};
