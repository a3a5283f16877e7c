/** A login asks for a second factor: what its user can answer with, the code or challenge that is sent for it, and which method a typed code is for (B31, B43). */
import type { Desk, FactorRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { readBackupCode } from '../../factors/backup-codes.js';
import type { Site } from '../../factors/factor.js';
import { factorKind, factorKinds, totp } from '../../factors/registry.js';
import { maskedContact } from '../../rules/directory-fields.js';
import type { Owner } from '../../rules/people.js';
import { contactOnFile, findContact } from '../codes/contact-on-file.js';
import { type AnswerKind, type MethodId, needsBrowser, questionOf } from '../codes/methods.js';
import { newSentCode, requireSent, sentJustNow, storeSentCode } from '../codes/sent-codes.js';
import { userFactors } from '../codes/user-factors.js';
import { actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { browserOnly, drawChallenge, type InBrowser, keysOf } from './challenges.js';

export const ANSWERING = { lock: 'login', states: ['factor-needed'] } as const;

export interface FactorChoice {
  readonly kind: AnswerKind;
  readonly title: string;
  /** Where its codes go, masked. */
  readonly to?: string;
}

/**
 * What this user can answer with, in the order in which it is offered. A method without a contact on file is left out, and one that
 * needs a browser where there is none: refusal `factor-needed` if nothing else is left.
 */
export async function factorChoices(desk: Desk, login: PortalLogin, { site }: InBrowser = {}) {
  await askOwner(desk, login, ANSWERING);
  const { user } = login;
  const { active, backupCodesLeft } = await userFactors(desk, desk.store.read.factors, user.id);
  const kinds = factorKinds.filter((kind) => active.some((row) => row.kind === kind.id));
  const choices: FactorChoice[] = [];
  for (const kind of kinds) {
    if (kind.family === 'challenged' && site === undefined) continue;
    const choice = { kind: kind.id, title: kind.title };
    if (kind.family !== 'sent') {
      choices.push(choice);
      continue;
    }
    const contact = await findContact(desk, kind, login);
    if (contact !== '') choices.push({ ...choice, to: maskedContact(kind.contact, contact) });
  }
  if (site === undefined && active.length > 0 && backupCodesLeft === 0 && active.every((row) => needsBrowser(row.kind)))
    throw browserOnly(desk, 'factor-needed');
  if (backupCodesLeft > 0) choices.push({ kind: 'backup', title: questionOf('backup') });
  return choices;
}

/** Refusal `invalid-input` if the user has not set this kind up. */
export async function activeFactor(desk: Desk, { user }: Owner, kind: MethodId): Promise<FactorRow> {
  const { active } = await userFactors(desk, desk.store.read.factors, user.id);
  const row = active.find((candidate) => candidate.kind === kind);
  if (row !== undefined) return row;
  const facts = { login: user.login, kind, kinds: active.map((candidate) => candidate.kind) };
  throw refusal('invalid-input', 'method-not-set-up', facts, 'methods-set-up');
}

/**
 * Which method a code is for, if nobody said: a long one is a backup code; otherwise the method whose newest code was
 * sent and still waits; otherwise the only method; otherwise the app.
 */
export async function guessKind(desk: Desk, login: PortalLogin, code: string): Promise<AnswerKind> {
  await askOwner(desk, login, ANSWERING);
  const { user } = login;
  if (readBackupCode(code) !== null) return 'backup';
  const { active } = await userFactors(desk, desk.store.read.factors, user.id);
  const sent = await desk.store.read.factors.newestCode(user.id, 'login');
  const waiting = sent !== undefined && sent.used_at === null && desk.now() < sent.expires_at;
  const factor = waiting ? active.find((row) => row.id === sent.factor_id) : undefined;
  const only = active.length === 1 ? active[0] : undefined;
  return factorKind((factor ?? only)?.kind ?? totp.id).id;
}

/**
 * Sends a login code to the contact on file, unless one was sent there just now, and returns the masked contact;
 * undefined if this method sends no codes. Refusals: not-signed-in, locked, delivery-failed, factor-needed (a browser).
 */
export async function sendLoginCode(desk: Desk, login: PortalLogin, answer: AnswerKind): Promise<string | undefined> {
  await askOwner(desk, login, ANSWERING);
  const kind = answer === 'backup' ? undefined : factorKind(answer);
  if (kind?.family === 'challenged') throw browserOnly(desk, 'factor-needed');
  if (kind?.family !== 'sent') return undefined;
  const factor = await activeFactor(desk, login, kind.id);
  const about = { purpose: 'login', factorId: factor.id } as const;
  const contact = await contactOnFile(desk, kind, login);
  const to = maskedContact(kind.contact, contact);
  if (await sentJustNow(desk, kind, { userId: login.user.id, ...about })) return to;
  const code = newSentCode(desk, kind, login, { ...about, to: contact });
  await actAsOwner(desk, login, ANSWERING, {
    entry: () => ({ kind: 'portal.code-sent', detail: { factor: factor.id } }),
    change: (acting) => storeSentCode(acting, code),
  });
  await requireSent(desk, code.message.id);
  return to;
}

/** The same for a kind that a browser answers for: what it is asked with, as JSON. Refusal `invalid-input` if none is set up. */
export async function askBrowser(desk: Desk, login: PortalLogin, answer: AnswerKind, site: Site): Promise<string> {
  await askOwner(desk, login, ANSWERING);
  const kind = answer === 'backup' ? undefined : factorKind(answer);
  if (kind?.family !== 'challenged') throw new TypeError(`${answer} needs no browser`);
  await activeFactor(desk, login, kind.id);
  const known = (await keysOf(desk, login, kind)).map(({ secret }) => secret);
  const { store, ...drawn } = drawChallenge(desk, login.session, 'login');
  const options = await kind.ask({ ...drawn, site, known, owner: null });
  await actAsOwner(desk, login, ANSWERING, {
    entry: () => ({ kind: 'portal.challenged', detail: { factor: kind.id } }),
    change: store,
  });
  return options;
}
