/**
 * Microsoft Entra by Graph v1.0. Each method goes by the path of its kind; the default method can only go last, and the API does not say
 * which one it is, so `reset` goes round again as long as it removes something. Sign-out takes effect late, after minutes.
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
import { type Factor, type Found, Trouble } from './connector.js';
import { type Ask, openClient } from './vendor-http.js';

const ONE = '/v1.0/users/{id}';
const SELECT = '$select=id,userPrincipalName,mail,accountEnabled';
const PASS = 'temporaryAccessPass';
const REMOVABLE =
  /^(phone|email|fido2|microsoftAuthenticator|softwareOath|windowsHelloForBusiness|temporaryAccessPass)$/;
/** What was removed can stand in the list for some seconds more: so often it is looked at again, and so long after. */
const [LOOKS, LOOK_MS] = [5, 2_000];

const NEEDED = ['UserAuthenticationMethod.ReadWrite.All', 'User.Read.All', 'User.RevokeSessions.All'];
const TO_SUSPEND = 'User.EnableDisableAccount.All';
const HARMLESS = ['User.Read', 'openid', 'profile', 'email', 'offline_access'];

const foundOf = (user: Fields): Found => ({
  id: textOf(user, 'id'),
  suspended: user['accountEnabled'] === false,
  login: optionalText(user, 'userPrincipalName'),
  email: optionalText(user, 'mail'),
});

const search = (ask: Ask, key: 'userPrincipalName' | 'mail') => async (text: string) => {
  const filter = `${key} eq '${text.replaceAll("'", "''")}'`;
  const { value } = fieldsOf(await ask('GET', `/v1.0/users?$filter={filter}&${SELECT}`, { filter }));
  return listOf(value)
    .filter((user) => sameName(optionalText(user, key), text))
    .map(foundOf);
};

/** `#microsoft.graph.phoneAuthenticationMethod` is the kind `phone`. */
async function methodsOf(ask: Ask, id: string): Promise<readonly Factor[]> {
  const { value } = fieldsOf(await ask('GET', `${ONE}/authentication/methods`, { id }));
  return factorsOf(value, '@odata.type', 'displayName')
    .map((factor) => ({ ...factor, kind: factor.kind.replace(/^#microsoft\.graph\.|AuthenticationMethod$/g, '') }))
    .filter(({ kind }) => kind !== 'password');
}

const isRemovable = ({ kind }: Factor): boolean => REMOVABLE.test(kind);

const removeOne = (ask: Ask, id: string, { kind, id: method }: Factor) =>
  orNone(ask('DELETE', `${ONE}/authentication/${kind}Methods/{method}`, { id, method }));

/** Trouble `refused` if one of them stays. */
async function removeAll(ask: Ask, id: string, factors: readonly Factor[]): Promise<void> {
  const kept: Factor[] = [];
  for (const factor of factors) {
    await removeOne(ask, id, factor).catch((error: unknown) => {
      if (!(error instanceof Trouble) || error.why !== 'refused') throw error;
      kept.push(factor);
    });
  }
  if (kept.length === 0) return;
  if (kept.length === factors.length) throw new Trouble('refused');
  await removeAll(ask, id, kept);
}

/** There is one pass at a time, and somebody may have made one before us. */
async function temporaryPass(ask: Ask, id: string, minutes: number): Promise<string> {
  for (const pass of await methodsOf(ask, id)) if (pass.kind === PASS) await removeOne(ask, id, pass);
  const type = '#microsoft.graph.temporaryAccessPassAuthenticationMethod';
  const body = { '@odata.type': type, isUsableOnce: true, lifetimeInMinutes: minutes };
  return textOf(fieldsOf(await ask('POST', `${ONE}/authentication/temporaryAccessPassMethods`, { id }, body)), PASS);
}

export const entra: Kind = {
  gates: ['temporary-code', 'suspend', 'none'],
  open: (settings, outside) => {
    const { ask, claims } = openClient(settings, outside);
    const { now, pause } = outside.effects;
    const gone = new Set<string>();
    const gate = settings.gate.kind;
    const read = async (id: string): Promise<Found> => foundOf(fieldsOf(await ask('GET', `${ONE}?${SELECT}`, { id })));
    const suspend = (id: string, is: boolean) => ask('PATCH', ONE, { id }, { accountEnabled: !is });
    return {
      find: (person) =>
        findBy(person, {
          id: async (id) => [await read(id)].filter((user) => sameName(user.id, id)),
          login: search(ask, 'userPrincipalName'),
          email: search(ask, 'mail'),
        }),
      // With a temporary code as the gate, the pass is ours and stays.
      factors: async (id) => {
        for (let looks = 1; ; looks += 1) {
          const there = await methodsOf(ask, id);
          if (looks === LOOKS || !there.some((factor) => gone.has(factor.id)))
            return there.filter(({ kind }) => kind !== PASS || gate !== 'temporary-code');
          await pause(LOOK_MS, outside.signal);
        }
      },
      reset: async (id, factors) => {
        const removable = factors.filter(isRemovable);
        await removeAll(ask, id, removable);
        for (const factor of removable) gone.add(factor.id);
      },
      endSessions: async (id) => {
        await ask('POST', `${ONE}/revokeSignInSessions`, { id });
        return 'ended';
      },
      gate: async (id, { kind, minutes }) => {
        if (kind === 'temporary-code')
          return { kind, code: await temporaryPass(ask, id, minutes), until: now() + minutes * 60_000 };
        await suspend(id, true);
        return { kind, code: null, until: null };
      },
      lift: async (id) => void (await suspend(id, false)),
      permissions: async () => {
        await ask('GET', `/v1.0/users?$top=1&${SELECT}`);
        const token = await claims();
        const needed = gate === 'suspend' ? [...NEEDED, TO_SUSPEND] : NEEDED;
        return judgePermissions(token, token?.['roles'] ?? token?.['scp'], { needed, harmless: HARMLESS, now: now() });
      },
    };
  },
};
