/**
 * Finds out who is using the portal, for every `portal` command: from the open session in the state folder, or from a password given
 * with the command, which signs in for that one command only. The procedures say which proofs an act needs and which are missing.
 */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { askOwner } from '../../procedures/portal/act-as-owner.js';
import { authenticateUser, signOutUser } from '../../procedures/portal/authenticate-user.js';
import { type Owner, type PortalLogin, requireState } from '../../procedures/portal/customer-login.js';
import { deviceWillDo, type OwnerDoor, proofsToGive } from '../../procedures/portal/owner-locks.js';
import { type ProvenLogin, provePassword, signInWithPassword } from '../../procedures/portal/sign-in-user.js';
import { languageOf } from '../../rules/language.js';
import { type LoginState, nextOf } from '../../rules/mfa-login.js';
import { askSecret } from '../ask-secret.js';
import type { Context } from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';
import { readDevices } from './portal-device.js';
import { passFactor } from './portal-factor.js';
import { askPerson, type PersonNamed, type PortalGiven } from './portal-given.js';

export interface PortalUser {
  readonly desk: Desk;
  readonly login: PortalLogin;
  /** The password, if it came with this command; a new passphrase is compared with its spoken form (B10). */
  readonly password: string | null;
}

export interface PortalUserWithPassword extends PortalUser {
  readonly password: string;
  /** Opens the owner's copy of the passphrase (B17). */
  readonly viewKey: Uint8Array;
}

/** Uses the session as it is. Refusals: missing-option, not-signed-in, locked, factor-needed, enrolment-needed. */
export async function openSession<T>(
  context: Context,
  given: PortalGiven,
  use: (portal: PortalUser) => Promise<T>,
  states: readonly LoginState[] = ['done'],
): Promise<T> {
  const { desk, named } = await whoAsks(context, given);
  const inState = (portal: PortalUser): Promise<T> => {
    requireState(portal.login, states);
    return use(portal);
  };
  if (given.passwordStdin) return signedInOnce(context, { desk, named, device: true }, inState);
  return inState({ desk, login: await openLogin(context, desk, named), password: null });
}

/** The same, but first asks for the proofs that `door` needs and this login has not given recently. */
export async function freshSession<T>(
  context: Context,
  given: PortalGiven,
  door: OwnerDoor,
  use: (portal: PortalUser) => Promise<T>,
): Promise<T> {
  const { desk, named } = await whoAsks(context, given);
  if (!given.passwordStdin) {
    const login = await openLogin(context, desk, named);
    const missing = proofsToGive(desk, login, door, desk.now());
    if (missing.length === 0) return use({ desk, login, password: null });
    // A script that lacks only the factor learns that, not that a password could be asked for.
    if (!context.ask.possible && !missing.includes('password')) await askOwner(desk, login, door);
  }
  return sessionWithPassword(context, named, door, use);
}

/** The same, but always asks for the password, even if the session is fresh. */
export async function sessionWithPassword<T>(
  context: Context,
  given: PortalGiven,
  door: OwnerDoor,
  use: (portal: PortalUserWithPassword) => Promise<T>,
): Promise<T> {
  const { desk, named } = await whoAsks(context, given);
  const letIn = async (portal: PortalUserWithPassword): Promise<T> => {
    await askOwner(desk, portal.login, door);
    return use(portal);
  };
  const once = { desk, named, device: deviceWillDo(door) };
  if (given.passwordStdin) return signedInOnce(context, once, letIn);
  const login = await openLogin(context, desk, named);
  const newLogin = proofsToGive(desk, login, door, desk.now()).some((proof) => proof !== 'password');
  if (newLogin) return signedInOnce(context, once, letIn);
  const password = await askPassword(context, { ...named, as: login.user.login });
  return letIn(withPassword(desk, await provePassword(desk, login, password), password));
}

type Named = PortalGiven & PersonNamed;

async function whoAsks(context: Context, given: PortalGiven): Promise<{ desk: Desk; named: Named }> {
  const named = { ...given, ...(await askPerson(context, given)) };
  return { desk: await context.desk(), named };
}

const askPassword = (context: Context, { as, passwordStdin }: Named): Promise<string> =>
  askSecret(context, passwordStdin, '--password-stdin', wordsOf(context)('portal.password-of', { login: as }));

function withPassword(desk: Desk, { login, viewKey }: ProvenLogin, password: string): PortalUserWithPassword {
  if (viewKey === null) throw new Error('the password was right, and no view key came of it');
  return { desk, login, password, viewKey };
}

/** Signs in for this one command, and always signs out again. `device`: whether a remembered device may replace the factor. */
async function signedInOnce<T>(
  context: Context,
  { desk, named, device }: { readonly desk: Desk; readonly named: Named; readonly device: boolean },
  use: (portal: PortalUserWithPassword) => Promise<T>,
): Promise<T> {
  const password = await askPassword(context, named);
  const deviceTokens = device ? await readDevices(context, named.device) : [];
  const opened = await signInWithPassword(desk, { account: named.account, login: named.as, password, deviceTokens });
  speakTo(context, desk, opened);
  try {
    const asked = nextOf(opened.session).step === 'factor';
    const login = asked ? await passFactor(context, desk, opened, named) : opened;
    return await use(withPassword(desk, { login, viewKey: opened.viewKey }, password));
  } finally {
    await endSession(desk, async () => opened);
  }
}

/** A session that has already ended needs no sign-out. */
async function endSession(desk: Desk, find: () => Promise<PortalLogin>): Promise<void> {
  try {
    await signOutUser(desk, await find());
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'not-signed-in')) throw error;
  }
}

/** The login of the session in the state folder, finished or not. */
export async function openLogin(context: Context, desk: Desk, person: PersonNamed): Promise<PortalLogin> {
  const { user, account } = await namedOrNotSignedIn(context, desk, person);
  const token = await context.sessions.read('portal', sessionName(account, user));
  const login = await authenticateUser(desk, token, user);
  speakTo(context, desk, login);
  return login;
}

/** From here on the portal speaks the language of this customer (B98). */
export function speakTo(context: Context, desk: Desk, { account, user }: Owner): Words {
  context.tongue.language = languageOf(account, user, desk.language);
  return wordsOf(context);
}

async function namedOrNotSignedIn(context: Context, desk: Desk, person: PersonNamed): Promise<Owner> {
  try {
    return await findUser(desk, person.as, await findAccount(desk, person.account));
  } catch (error) {
    if (!(error instanceof Refusal) || !['not-found', 'ambiguous', 'missing-option'].includes(error.code)) throw error;
    // Somebody who is not signed in must not learn which accounts and logins exist (B73).
    const words = wordsOf(context);
    throw new Refusal('not-signed-in', words('portal.not-signed-in-now', { login: person.as }), {
      hint: words('portal.sign-in-next'),
    });
  }
}

/** The file name of a user's token in the state folder. */
export const sessionName = (account: Owner['account'], user: Owner['user']): string =>
  `${account.number}/${user.login}`;

/** Keeps the token of a new login and ends the session that it replaces, because nobody would have its token any more. */
export async function keepSession(context: Context, desk: Desk, opened: OpenedSession): Promise<void> {
  const name = sessionName(opened.account, opened.user);
  const before = await context.sessions.read('portal', name);
  await context.sessions.write('portal', name, opened.token);
  if (before !== undefined) await endSession(desk, () => authenticateUser(desk, before, opened.user));
}

type OpenedSession = PortalLogin & { readonly token: string };
