/**
 * Keycloak 26, admin API of one realm. Its search finds parts of names (`ana` finds `joanna`), so it is read to its end and compared here.
 * DELETE would remove a password as well, so only kinds that we know as second factors go.
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
  sameName,
  textOf,
} from './answers.js';
import { type Factor, type Found, type Gate, Trouble } from './connector.js';
import { type OpenKind, openClient } from './open-kind.js';

export const gates: readonly Gate[] = ['link', 'none'];

const SECOND = ['otp', 'webauthn', 'webauthn-passwordless', 'recovery-authn-codes'];
const FIRST = ['password', 'password-history'];
const PAGE = 100;
/** More people than that with a part of a name in theirs: somebody must give the id. */
const MOST_PAGES = 20;
const ALLOWED = ['view-users', 'query-users', 'query-groups'];

export const open: OpenKind = (settings, outside) => {
  const { ask, claims } = openClient(settings, outside, (token) => `Bearer ${token}`);
  const { realm } = settings;
  const users = '/admin/realms/{realm}/users';
  const one = `${users}/{id}`;
  const foundOf = (user: Fields): Found => ({ id: textOf(user, 'id'), suspended: user['enabled'] === false });

  async function search(key: 'username' | 'email', text: string): Promise<readonly Found[]> {
    const hits: Found[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const values = { realm, text, first: String(page * PAGE) };
      const found = listOf(await ask('GET', `${users}?${key}={text}&first={first}&max=${PAGE}`, values));
      hits.push(...found.filter((user) => sameName(optionalText(user, key), text)).map(foundOf));
      if (found.length < PAGE) return hits;
    }
    throw new Trouble('too-large');
  }

  return {
    find: (person) =>
      findBy(person, {
        id: (id) =>
          orNone(ask('GET', one, { realm, id }).then((user) => [fieldsOf(user)])).then((all) =>
            all.map(foundOf).filter((user) => user.id === id),
          ),
        login: (login) => search('username', login),
        email: (email) => search('email', email),
      }),
    factors: async (id) =>
      listOf(await ask('GET', `${one}/credentials`, { realm, id })).flatMap((found): readonly Factor[] => {
        const kind = textOf(found, 'type');
        return FIRST.includes(kind) ? [] : [{ kind, name: optionalText(found, 'userLabel'), id: textOf(found, 'id') }];
      }),
    reset: async (id, factors) => {
      for (const factor of factors.filter(({ kind }) => SECOND.includes(kind)))
        await orNone(ask('DELETE', `${one}/credentials/{factor}`, { realm, id, factor: factor.id }).then(() => []));
    },
    endSessions: async (id) => {
      await ask('POST', `${one}/logout`, { realm, id });
      return 'ended';
    },
    gate: async (id, { kind, minutes }) => {
      if (kind !== 'link') throw new Trouble('gate-not-possible');
      const seconds = String(minutes * 60);
      await ask('PUT', `${one}/execute-actions-email?lifespan={seconds}`, { realm, id, seconds }, ['CONFIGURE_TOTP']);
      return { kind, code: null, until: outside.effects.now() + minutes * 60_000 };
    },
    lift: async () => undefined,
    check: () =>
      checked(async () => {
        listOf(await ask('GET', `${users}?first=0&max=1`, { realm }));
        const token = await claims();
        const { [`${realm}-realm`]: ofMaster, 'realm-management': ofRealm } = Object(token?.['resource_access']);
        const held: unknown = Object(ofRealm ?? ofMaster).roles;
        const now = outside.effects.now();
        return judgePermissions({ claims: token, held, needed: ['manage-users'], allowed: ALLOWED, now });
      }),
  };
};
