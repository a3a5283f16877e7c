/** What a user can answer with when a login asks for a second factor, and which of these methods a typed code is meant for. */
import type { Desk, FactorRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { readBackupCode } from '../../factors/backup-codes.js';
import { factorKind, factorKinds, totp } from '../../factors/registry.js';
import { maskedContact } from '../../rules/masked-contact.js';
import { findContact } from '../codes/contact-on-file.js';
import { type AnswerKind, type MethodId, needsBrowser, questionOf } from '../codes/methods.js';
import { userFactors } from '../codes/user-factors.js';
import { askOwner } from '../portal/act-as-owner.js';
import type { Owner, PortalLogin } from '../portal/customer-login.js';
import { browserOnly, type InBrowser } from './challenges.js';

/** The door for a login that waits for a second factor. */
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
export async function factorChoices(
  desk: Desk,
  login: PortalLogin,
  { site }: InBrowser = {},
): Promise<readonly FactorChoice[]> {
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
  return backupCodesLeft === 0 ? choices : [...choices, { kind: 'backup', title: questionOf('backup') }];
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
