/**
 * Microsoft Entra by Graph v1.0. Each method goes by the path of its kind; the default method can only go last, and the API does not say
 * which one it is, so `reset` goes round again as long as it removes something. Sign-out takes effect late, after minutes.
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
import { type Factor, type Found, type Gate, Trouble } from './connector.js';
import { type OpenKind, openClient } from './open-kind.js';

export const gates: readonly Gate[] = ['temporary-code', 'suspend', 'none'];

const ONE = '/v1.0/users/{id}';
const SELECT = '$select=id,userPrincipalName,mail,accountEnabled';
const PASS = 'temporaryAccessPass';
const REMOVABLE = [
  'phone',
  'email',
  'fido2',
  'microsoftAuthenticator',
  'softwareOath',
  'windowsHelloForBusiness',
  PASS,
];

const NEEDED = ['UserAuthenticationMethod.ReadWrite.All', 'User.Read.All', 'User.RevokeSessions.All'];
const TO_SUSPEND = 'User.EnableDisableAccount.All';
const ALLOWED = ['User.Read', 'openid', 'profile', 'email', 'offline_access'];

const kindOf = (method: Fields): string =>
  textOf(method, '@odata.type')
    .replace(/^#microsoft\.graph\./, '')
    .replace(/AuthenticationMethod$/, '');

export const open: OpenKind = (settings, outside) => {
  const { ask, claims } = openClient(settings, outside, (token) => `Bearer ${token}`);
  const { now } = outside.effects;
  const gate = settings.gate.kind;
  const foundOf = (user: Fields): Found => ({ id: textOf(user, 'id'), suspended: user['accountEnabled'] === false });

  async function search(key: 'userPrincipalName' | 'mail', text: string): Promise<readonly Found[]> {
    const filter = `${key} eq '${text.replaceAll("'", "''")}'`;
    const found = fieldsOf(await ask('GET', `/v1.0/users?$filter={filter}&${SELECT}`, { filter }));
    return listOf(found['value'])
      .filter((user) => sameName(optionalText(user, key), text))
      .map(foundOf);
  }
  const read = async (id: string) => fieldsOf(await ask('GET', `${ONE}?${SELECT}`, { id }));
  const enabled = (is: boolean) => async (id: string) => {
    const done = async () => ((await read(id))['accountEnabled'] !== false) === is;
    await settle(done, () => ask('PATCH', ONE, { id }, { accountEnabled: is }));
  };
  const methods = async (id: string): Promise<readonly Factor[]> =>
    listOf(fieldsOf(await ask('GET', `${ONE}/authentication/methods`, { id }))['value'])
      .map((method) => ({ kind: kindOf(method), name: optionalText(method, 'displayName'), id: textOf(method, 'id') }))
      .filter(({ kind }) => kind !== 'password');

  const removeOne = (id: string, { kind, id: method }: Factor) =>
    orNone(ask('DELETE', `${ONE}/authentication/${kind}Methods/{method}`, { id, method }).then(() => []));

  /** There is one pass at a time, and somebody may have made one before us. */
  async function temporaryPass(id: string, minutes: number) {
    const made = await persist(async () => {
      for (const factor of (await methods(id)).filter(({ kind }) => kind === PASS)) await removeOne(id, factor);
      const type = '#microsoft.graph.temporaryAccessPassAuthenticationMethod';
      const body = { '@odata.type': type, isUsableOnce: true, lifetimeInMinutes: minutes };
      return fieldsOf(await ask('POST', `${ONE}/authentication/temporaryAccessPassMethods`, { id }, body));
    });
    return { kind: 'temporary-code' as const, code: textOf(made, PASS), until: now() + minutes * 60_000 };
  }

  return {
    find: (person) =>
      findBy(person, {
        id: async (id) =>
          (await orNone(read(id).then((user) => [user]))).map(foundOf).filter((user) => sameName(user.id, id)),
        login: (login) => search('userPrincipalName', login),
        email: (email) => search('mail', email),
      }),
    // With a temporary code as the gate, the pass is ours and stays.
    factors: async (id) => (await methods(id)).filter(({ kind }) => kind !== PASS || gate !== 'temporary-code'),
    reset: async (id, factors) => {
      let open = factors.filter(({ kind }) => REMOVABLE.includes(kind));
      for (let before = open.length + 1; open.length > 0 && open.length < before; ) {
        before = open.length;
        const kept: Factor[] = [];
        for (const factor of open) {
          await removeOne(id, factor).catch((error: unknown) => {
            if (!(error instanceof Trouble) || error.why !== 'refused') throw error;
            kept.push(factor);
          });
        }
        open = kept;
      }
      if (open.length > 0) throw new Trouble('refused');
    },
    endSessions: async (id) => {
      await ask('POST', `${ONE}/revokeSignInSessions`, { id });
      return 'ended';
    },
    gate: async (id, { kind, minutes }) => {
      if (kind === 'temporary-code') return temporaryPass(id, minutes);
      if (kind !== 'suspend') throw new Trouble('gate-not-possible');
      await enabled(false)(id);
      return { kind, code: null, until: null };
    },
    lift: enabled(true),
    check: () =>
      checked(async () => {
        await ask('GET', `/v1.0/users?$top=1&${SELECT}`);
        const token = await claims();
        const held = token?.['roles'] ?? token?.['scp'];
        const needed = gate === 'suspend' ? [...NEEDED, TO_SUSPEND] : NEEDED;
        return judgePermissions({ claims: token, held, needed, allowed: ALLOWED, now: now() });
      }),
  };
};
