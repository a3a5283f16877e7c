/**
 * Finds out who is using the portal, for every `portal` command: from the open session in the state folder, or from a password given
 * with the command, which signs in for that one command only. The procedures say which proofs an act needs and which are missing.
 */
import type * as z from 'zod';
import type { Desk } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import type { AnswerKind } from '../../procedures/codes/methods.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { answerFactor } from '../../procedures/factors/answer-factor.js';
import { type FactorChoice, factorChoices, guessKind, sendLoginCode } from '../../procedures/factors/factor-choices.js';
import { askOwner } from '../../procedures/portal/act-as-owner.js';
import { authenticateUser, signOutUser } from '../../procedures/portal/authenticate-user.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import { deviceWillDo, type OwnerDoor, proofsToGive } from '../../procedures/portal/owner-locks.js';
import { signInWithPassword } from '../../procedures/portal/sign-in-user.js';
import { languageOf } from '../../rules/language.js';
import { nextOf } from '../../rules/mfa-login.js';
import type { Owner } from '../../rules/people.js';
import {
  type Arguments,
  type Command,
  type Context,
  command,
  type Given,
  type Options,
  type Result,
  type Written,
} from '../command.js';
import { type Words, wordsOf } from '../wording/words.js';
import {
  missing,
  optionsOf,
  type PersonNamed,
  PORTAL_OPTIONS,
  type PortalGiven,
  personOf,
  readDevices,
} from './portal-given.js';

/** What a command works with once its desk is open. */
export interface Place {
  readonly context: Context;
  readonly desk: Desk;
}

export interface PortalUser extends Place {
  readonly login: PortalLogin;
  /** In the language of this customer. */
  readonly words: Words;
  /** Opens the owner's copy of the passphrase (B17); null unless the password came with this command. */
  readonly viewKey: Uint8Array | null;
}

type Portal<A extends Arguments, O extends Options, Own extends z.ZodRawShape> = Pick<
  Written<'anyone', A, O, Own>,
  'path' | 'arguments' | 'options' | 'own'
> & {
  /** What the act asks of the login; a finished one if it is left out. */
  readonly door?: OwnerDoor;
  readonly run: (portal: PortalUser, given: PortalGiven & Given<A[number] | O[number], Own>) => Promise<Result>;
};

/** A command of a customer who is signed in, or signs in with it. */
export function portalCommand<
  const A extends Arguments = [],
  const O extends Options = [],
  Own extends z.ZodRawShape = Record<never, never>,
>({ door = { lock: 'owner' }, run, ...spec }: Portal<A, O, Own>): Command {
  type All = PortalGiven & Given<A[number] | O[number], Own>;
  return command({
    access: 'anyone',
    ...spec,
    options: [...(spec.options ?? []), ...PORTAL_OPTIONS],
    beside: [['--code', '--password-stdin']],
    run: ({ context }, given) => portalSession(context, given as All, door, (portal) => run(portal, given as All)),
  });
}

/**
 * Uses the session as it is, or signs in with the password of `given`. Refusals: missing-option (the password, if `door` needs it anew),
 * not-signed-in, locked, and those of `askOwner`.
 */
export async function portalSession<T>(
  context: Context,
  given: PortalGiven,
  door: OwnerDoor,
  use: (portal: PortalUser) => Promise<T>,
): Promise<T> {
  if (given.passwordStdin) {
    const password = await context.files.readSecretLine('--password-stdin');
    return signedInOnce(context, given, { password, door }, use);
  }
  const person = personOf(context, given);
  const desk = await context.desk();
  const login = await openLogin({ context, desk }, person);
  // A command that reads the phrase has no room for the password: it says that one must sign in again.
  const asks = door.lock !== 'passphrase:set' && proofsToGive(desk, login, door, desk.now()).includes('password');
  if (asks) throw missing(context, '--password-stdin');
  await askOwner(desk, login, door);
  return use({ context, desk, login, words: wordsOf(context), viewKey: null });
}

/** Signs in for this one command, and always signs out again. */
export async function signedInOnce<T>(
  context: Context,
  given: PortalGiven,
  { password, door }: { readonly password: string; readonly door: OwnerDoor },
  use: (portal: PortalUser & { readonly viewKey: Uint8Array }) => Promise<T>,
): Promise<T> {
  const { account, as } = personOf(context, given);
  const place = { context, desk: await context.desk() };
  const { desk } = place;
  const deviceTokens = deviceWillDo(door) ? await readDevices(context, given.device) : [];
  const opened = await signInWithPassword(desk, { account, login: as, password, deviceTokens });
  const words = speakTo(place, opened);
  const { viewKey } = opened;
  if (viewKey === null) throw new Error('the password was right, and no view key came of it');
  try {
    const login = nextOf(opened.session).step === 'factor' ? await passFactor(place, opened, given) : opened;
    await askOwner(desk, login, door);
    return await use({ ...place, login, words, viewKey });
  } finally {
    await signOutUser(desk, opened).catch(noneIfEnded);
  }
}

/** A session that has already ended is no login, and needs no sign-out. */
export function noneIfEnded(error: unknown): undefined {
  if (!isRefusal(error) || error.code !== 'not-signed-in') throw error;
}

/** The login of the session in the state folder, finished or not. */
export async function openLogin(place: Place, person: PersonNamed): Promise<PortalLogin> {
  const owner = await namedOrNotSignedIn(place, person);
  const token = await place.context.sessions.read('portal', sessionName(owner));
  const login = await authenticateUser(place.desk, token, owner.user);
  speakTo(place, login);
  return login;
}

/** From here on the portal speaks the language of this customer (B98). */
export function speakTo({ context, desk }: Place, { account, user }: Owner): Words {
  context.tongue.language = languageOf(account, user, desk.language);
  return wordsOf(context);
}

async function namedOrNotSignedIn({ context, desk }: Place, person: PersonNamed): Promise<Owner> {
  try {
    return await findUser(desk, person.as, await findAccount(desk, person.account));
  } catch (error) {
    if (!isRefusal(error) || !['not-found', 'ambiguous', 'missing-option'].includes(error.code)) throw error;
    // Somebody who is not signed in must not learn which accounts and logins exist (B73).
    const words = wordsOf(context);
    throw new Refusal('not-signed-in', words('portal.not-signed-in-now', { login: person.as }), {
      hint: words('portal.sign-in-next'),
    });
  }
}

/** The file name of a user's token in the state folder. */
export const sessionName = ({ account, user }: Owner): string => `${account.number}/${user.login}`;

/**
 * Keeps the token of a new login and ends the session that it replaces, because nobody would have its token any more. From here on the
 * command speaks the customer's language.
 */
export async function keepSession(place: Place, opened: PortalLogin & { readonly token: string }) {
  const { context, desk } = place;
  const name = sessionName(opened);
  const before = await context.sessions.read('portal', name);
  await context.sessions.write('portal', name, opened.token);
  const replaced =
    before === undefined ? undefined : await authenticateUser(desk, before, opened.user).catch(noneIfEnded);
  if (replaced !== undefined) await signOutUser(desk, replaced).catch(noneIfEnded);
  speakTo(place, opened);
}

/**
 * The second factor of a login: a code given with the command, or exit 5 and the next step, after a code was sent (B43). Refusals:
 * factor-needed without one, not-signed-in, locked.
 */
export async function passFactor(
  { context, desk }: Place,
  login: PortalLogin,
  { factor, code }: { readonly factor?: AnswerKind | undefined; readonly code?: string | undefined },
): Promise<PortalLogin> {
  if (code !== undefined)
    return answerFactor(desk, login, { kind: factor ?? (await guessKind(desk, login, code)), code });
  const choices = await factorChoices(desk, login);
  const kind = factor ?? onlyKind(choices);
  const sentTo = kind === undefined ? undefined : await sendLoginCode(desk, login, kind);
  const words = wordsOf(context);
  /** `E-mail to a…@example.com` */
  const nameOf = ({ kind, to }: FactorChoice) =>
    to === undefined ? words.term('factorTitle', kind) : words('portal.method-to', { factorTitle: kind, to });
  const command = `countersign portal login ${optionsOf(whoOf(login))}`;
  const which = words('portal.say-which', { command: `${command} --factor NAME` });
  const next = kind === undefined ? which : words('portal.give-with', { command: `${command} --code CODE` });
  throw new Refusal('factor-needed', words('portal.code-needed', { to: sentTo }), {
    hint: choices.length === 0 ? words('portal.no-contact') : next,
    problems: choices.map((choice) => ({ message: `${choice.kind}: ${nameOf(choice)}` })),
    also: { login: { state: 'factor-needed', factors: choices, chosen: kind ?? null, codeSentTo: sentTo ?? null } },
  });
}

/** Backup codes are no method of their own beside another (B41). */
function onlyKind(choices: readonly FactorChoice[]): AnswerKind | undefined {
  const real = choices.filter(({ kind }) => kind !== 'backup');
  const [first, ...more] = real.length === 0 ? choices : real;
  return more.length === 0 ? first?.kind : undefined;
}
