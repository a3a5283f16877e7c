/**
 * One request of a browser: who is signed in by its cookie, what its form says, and the cookies that the answer sets. The cookie holds the
 * session's token and nothing else; the token of each form is made from it, so a form of an earlier session, or of one whose rights have
 * risen since, is refused.
 */
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Words } from '../commands/wording/words.js';
import type { Desk } from '../desk.js';
import { unlessRefused } from '../procedures/directory/find-account.js';
import type { Site } from '../procedures/factors/challenges.js';
import { loginOfToken, renewToken, signOutUser } from '../procedures/portal/authenticate-user.js';
import type { PortalLogin } from '../procedures/portal/customer-login.js';
import { type OwnerDoor, proofsToGive } from '../procedures/portal/owner-locks.js';
import { provePassword } from '../procedures/portal/sign-in-user.js';
import { languageOf } from '../rules/language.js';
import { accepted, textOf } from './text.js';

/** What every answer needs. `secure`: the browser speaks TLS to us, or to the proxy before us. */
export interface Answering {
  readonly desk: Desk;
  readonly secure: boolean;
  readonly words: Words;
}

export type Visit = Awaited<ReturnType<typeof openVisit>>;
export type Signed = Visit & { readonly login: PortalLogin };

/** Devices of so many logins fit into one cookie. */
const DEVICES = 8;

/** `site`: what passkeys are bound to; undefined where the browser came by another name. */
export async function openVisit(c: Context, parts: Answering, form: URLSearchParams, site: Site | undefined) {
  const { desk, secure, words: base } = parts;
  const session = secure ? '__Host-countersign' : 'countersign';
  const devices = `${session}-devices`;
  const options = { path: '/', httpOnly: true, secure, sameSite: 'Lax' } as const;
  let token = getCookie(c, session) ?? '';
  let login = token.startsWith('csp_') ? await loginOfToken(desk, token) : undefined;
  const wanted = accepted(c.req.header('accept-language') ?? '');
  const words = base.in(languageOf(login?.account ?? null, login?.user ?? null, wanted), true);
  const keep = (next: PortalLogin | undefined, made: string) => {
    [login, token] = [next, made];
    setCookie(c, session, token, options);
  };
  const leave = async (left = login) => {
    if (left !== undefined) await unlessRefused(['not-signed-in'], () => signOutUser(desk, left));
  };
  // A visitor has a token too, so that a form on another page signs no browser in to somebody else's session.
  const visitor = () => keep(undefined, desk.digests.newToken('csv').token);
  if (login === undefined && !token.startsWith('csv_')) visitor();
  const named = (getCookie(c, devices) ?? '').split('.').filter((one) => /^csd_[\w-]{20,60}$/.test(one));
  const deviceTokens = named.slice(0, DEVICES);
  const maxAge = desk.policy.limits.device.rememberDays * 86_400;
  return {
    ...{ site, desk, words, deviceTokens, text: textOf(words), nonce: nonceOf(desk), path: c.req.path },
    get login() {
      return login;
    },
    /** The hidden field of every form. */
    get formToken() {
      return desk.digests.mac('mac/lookup', 'page-form', token);
    },
    /** A field of the form, or else of the address; '' if neither has it. */
    given: (name: string): string => form.get(name) ?? c.req.query(name) ?? '',
    all: (name: string): readonly string[] => form.getAll(name),
    /** From here on the browser has this session, and the one before is signed out. */
    enter: async (opened: PortalLogin, made: string) => {
      await leave();
      keep(opened, made);
    },
    /** A new token for the same session, after each step that raised its rights. */
    risen: async (moved: PortalLogin) => {
      // With its new rights it must not go on under the token of before.
      const made = await renewToken(desk, moved).catch(async (error: unknown) => {
        await leave();
        throw error;
      });
      keep(moved, made);
    },
    signOut: async () => {
      await leave();
      visitor();
    },
    rememberDevice: (made: string) =>
      setCookie(c, devices, [made, ...deviceTokens].slice(0, DEVICES).join('.'), { ...options, maxAge }),
  };
}

export const nonceOf = (desk: Desk): string => Buffer.from(desk.chance.bytes(16)).toString('base64');

/** What the person must still prove before this door opens. Refusals: those of role and state. */
export function owedFor({ desk, login }: Signed, door: OwnerDoor): 'nothing' | 'password' | 'sign-in' {
  const missing = proofsToGive(desk, login, door, desk.now());
  if (missing.length === 0) return 'nothing';
  return missing.every((one) => one === 'password') ? 'password' : 'sign-in';
}

/** Takes the password once more; the session gets a new token, and `visit.login` the time of the proof. */
export async function takePassword(visit: Signed) {
  const { login, viewKey } = await provePassword(visit.desk, visit.login, visit.given('password'));
  if (viewKey === null) throw new Error('the password was right, and no view key came of it');
  await visit.risen(login);
  return { login, viewKey };
}
