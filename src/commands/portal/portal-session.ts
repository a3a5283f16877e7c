/**
 * Who is typing in the portal? Every `portal` command has the same options and asks here: an open session of the state folder,
 * or the password with the command, which signs in for that one command and out again.
 */
import * as z from 'zod';
import type { Desk, SignedUser } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import {
  authenticateUser,
  type LoginState,
  type PortalLogin,
  requireState,
  signOutUser,
} from '../../procedures/portal/authenticate-user.js';
import { freshFactor } from '../../procedures/portal/owner-proof.js';
import { provePassword, signInWithPassword } from '../../procedures/portal/sign-in-user.js';
import { minutes } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import { askSecret } from '../ask-secret.js';
import type { Command, Context, OptionSpec, Result } from '../command.js';
import { readDevices } from './portal-device.js';
import { passFactor } from './portal-factor.js';

/** The options of every `portal` command. Put them behind the command's own. */
export const PORTAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--account <account>', about: 'your company: number, id or unique name' },
  { flags: '--as <login>', about: 'your login' },
  {
    flags: '--password-stdin',
    about: 'read your application password from standard input; signs in for this command alone',
  },
  { flags: '--code <code>', about: 'code of your second factor, or a backup code' },
  { flags: '--device <file>', about: 'file that remembers this device, as cookies do in a browser' },
];

/** Their input; spread it into the command's own `z.object`. */
export const portalShape = () => ({
  account: z.string().optional(),
  as: z.string().optional(),
  passwordStdin: z.boolean().default(false),
  code: z.string().optional(),
  device: z.string().optional(),
});

export interface PortalGiven {
  readonly account?: string | undefined;
  readonly as?: string | undefined;
  readonly passwordStdin: boolean;
  readonly code?: string | undefined;
  readonly device?: string | undefined;
}

export interface PortalUser {
  readonly desk: Desk;
  readonly account: Account;
  readonly user: User;
  readonly session: SignedUser;
  /** Opens the owner's copy of the passphrase (B17). Only where the password came with this command. */
  readonly viewKey?: Uint8Array;
  /** The same: to compare a new passphrase with, as spoken (B10). */
  readonly password?: string;
}

export interface Demand {
  /** The password must have been given within limits.portalSession.freshPasswordMinutes; asked for again otherwise. */
  readonly fresh?: boolean;
  /** The password must come with this command, however fresh the session is. */
  readonly viewKey?: boolean;
  /** With MFA on a factor must have been given within the same minutes: asked for again otherwise, also on a remembered device. */
  readonly freshFactor?: boolean;
  /** States of a half-done login that are good enough; `done` alone unless said. */
  readonly states?: readonly LoginState[];
}

/** Refusals: missing-option, not-signed-in, locked, factor-needed, enrolment-needed, forbidden. */
export async function requirePortalUser(
  context: Context,
  given: PortalGiven,
  demand: Demand = {},
): Promise<PortalUser> {
  const person = await askPerson(context, given);
  const desk = await context.desk();
  const states = demand.states ?? ['done'];
  const signInNow = () => signInForOneCommand(context, desk, { ...given, ...person }, { ...demand, states });
  if (given.passwordStdin) return signInNow();
  const login = await openLogin(context, desk, person);
  requireState(login, states);
  if (demand.freshFactor === true && login.account.mfaRequiredAt !== null)
    if (!freshFactor(desk, login.session, desk.now())) return signInNow();
  const freshUntil = login.session.passwordAt + minutes(desk.policy.limits.portalSession.freshPasswordMinutes);
  if (demand.viewKey !== true && (demand.fresh !== true || desk.now() < freshUntil)) return { desk, ...login };
  const password = await askSecret(context, false, '--password-stdin', `Application password of ${login.user.login}`);
  const proven = await provePassword(desk, login, password);
  return { desk, ...proven.login, ...viewKeyOf(proven.viewKey), password };
}

const viewKeyOf = (viewKey: Uint8Array | null) => (viewKey === null ? {} : { viewKey });

export interface PersonNamed {
  readonly account: string;
  readonly as: string;
}

/** Company and login, asked for where they are missing. `--as` may hold both: ACCOUNT/LOGIN. */
export async function askPerson(context: Context, given: Pick<PortalGiven, 'account' | 'as'>): Promise<PersonNamed> {
  const slash = given.account === undefined ? (given.as?.indexOf('/') ?? -1) : -1;
  if (given.as !== undefined && slash > 0) {
    return { account: given.as.slice(0, slash), as: given.as.slice(slash + 1) };
  }
  const account = given.account ?? (await ask(context, '--account', 'Company (number or name)'));
  const as = given.as ?? (await ask(context, '--as', 'Login'));
  return { account, as };
}

async function ask(context: Context, option: string, message: string): Promise<string> {
  return (await context.ask.prompts(option)).line({ message });
}

/** The login of the session in the state folder, in whatever state it is. */
export async function openLogin(context: Context, desk: Desk, person: PersonNamed): Promise<PortalLogin> {
  const { user, account } = await namedOrNotSignedIn(desk, person);
  const token = await context.sessions.read('portal', sessionName(account, user));
  return authenticateUser(desk, token, user);
}

async function namedOrNotSignedIn(desk: Desk, person: PersonNamed): Promise<{ account: Account; user: User }> {
  try {
    return await findUser(desk, person.as, await findAccount(desk, person.account));
  } catch (error) {
    if (!(error instanceof Refusal) || !['not-found', 'ambiguous', 'missing-option'].includes(error.code)) throw error;
    // Who is not signed in is told nothing about who there is (B73).
    throw new Refusal('not-signed-in', `${person.as} is not signed in to the portal`, {
      hint: 'Sign in with: countersign portal login   (scripts: --password-stdin on each command)',
    });
  }
}

/** Name under which a user's token stands in the state folder. */
export const sessionName = (account: Account, user: User): string => `${account.number}/${user.login}`;

/** Keeps a new login's token; the session it takes the place of ends, so that none is left open without anyone holding it. */
export async function keepSession(context: Context, desk: Desk, opened: OpenedSession): Promise<void> {
  const name = sessionName(opened.account, opened.user);
  const before = await context.sessions.read('portal', name);
  await context.sessions.write('portal', name, opened.token);
  if (before === undefined) return;
  try {
    await signOutUser(desk, await authenticateUser(desk, before, opened.user));
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'not-signed-in')) throw error;
  }
}

type OpenedSession = PortalLogin & { readonly token: string };

/** Sessions of one command, to be ended after it. */
const passing = new WeakMap<Context, { desk: Desk; login: PortalLogin }>();

async function signInForOneCommand(
  context: Context,
  desk: Desk,
  given: PortalGiven & PersonNamed,
  { states = ['done'], freshFactor: deviceWillNotDo = false }: Demand,
): Promise<PortalUser> {
  const message = `Application password of ${given.as}`;
  const password = await askSecret(context, given.passwordStdin, '--password-stdin', message);
  const deviceTokens = deviceWillNotDo ? [] : await readDevices(context, given.device);
  const opened = await signInWithPassword(desk, { account: given.account, login: given.as, password, deviceTokens });
  passing.set(context, { desk, login: opened });
  const login = opened.session.state === 'factor-needed' ? await passFactor(context, desk, opened, given) : opened;
  requireState(login, states);
  return {
    desk,
    account: login.account,
    user: login.user,
    session: login.session,
    ...viewKeyOf(opened.viewKey),
    password,
  };
}

/** A portal command that leaves no session behind where it signed in for itself alone. */
export function endingPassingSession(spec: Command): Command {
  const run = async (context: Context, input: never): Promise<Result> => {
    try {
      return await spec.run(context, input);
    } finally {
      const open = passing.get(context);
      passing.delete(context);
      if (open !== undefined) await signOutUser(open.desk, open.login);
    }
  };
  return { ...spec, run };
}
