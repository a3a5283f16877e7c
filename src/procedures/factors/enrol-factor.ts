/**
 * Setting up a second factor, first half: a secret for an app, or a code to the contact on file (B31, B34, B57). A
 * half-done enrolment is a `pending` row that nobody can sign in with; confirm-factor.ts makes it active.
 */
import type { Desk, FactorRow, Reads } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { GeneratedFactor, SentFactor, Site } from '../../factors/factor.js';
import { factorKind, type Registered } from '../../factors/registry.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { maskedContact } from '../../rules/directory-fields.js';
import type { Owner } from '../../rules/people.js';
import { contactOnFile } from '../codes/contact-on-file.js';
import type { MethodId } from '../codes/methods.js';
import { newSentCode, requireSent, sentJustNow, storeSentCode } from '../codes/sent-codes.js';
import { userFactors } from '../codes/user-factors.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { factorContext } from '../seal-contexts.js';
import { browserOnly, drawChallenge, keysOf } from './challenges.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from './owed-enrolment-code.js';

/** A half-done enrolment, shown to its owner and to nobody else. */
export type BegunEnrolment = Awaited<ReturnType<typeof beginGenerated | typeof beginSent>>;

export interface EnrolmentRequest {
  readonly kind: MethodId;
  /** The mailed code, if one is needed (B57). */
  readonly enrolmentCode: string | undefined;
  /** The method that it will replace (B40). It must exist, so that nobody proves a new one in vain. */
  readonly replaces?: string | undefined;
}

/** Changing sign-in methods needs more than a remembered device (B38). */
export const ENROLLING = { lock: 'owner:methods', states: ['done', 'enrolment-needed'] } as const;
const BEGINNING = { ...ENROLLING, states: [...ENROLLING.states, 'enrolment-code-needed'] } as const;

/**
 * Refusals: not-found (`replaces`), enrolment-needed if the enrolment code is missing, not-signed-in if it is wrong, invalid-input (no contact
 * on file, set up already), locked, delivery-failed, factor-needed for a login that still owes another code or is a remembered device.
 */
export async function beginEnrolment(desk: Desk, login: PortalLogin, request: EnrolmentRequest) {
  await askOwner(desk, login, BEGINNING);
  const kind = factorKind(request.kind);
  if (kind.family === 'challenged') throw browserOnly(desk);
  const ready = await readyToEnrol(desk, login, request);
  const begun = kind.family === 'sent' ? beginSent(desk, ready, kind) : beginGenerated(desk, ready, kind);
  return { login: ready, begun: await begun };
}

/** The same for a kind that a browser answers for. Returns what the browser is asked with. */
export async function beginInBrowser(desk: Desk, login: PortalLogin, request: EnrolmentRequest & { site: Site }) {
  await askOwner(desk, login, BEGINNING);
  const kind = factorKind(request.kind);
  if (kind.family !== 'challenged') throw new TypeError(`${kind.id} needs no browser`);
  const ready = await readyToEnrol(desk, login, request);
  const { user } = ready;
  const id = desk.newId('fac');
  const known = (await keysOf(desk, ready, kind)).map(({ secret }) => secret);
  const { store, ...drawn } = drawChallenge(desk, ready.session, id);
  const handle = Buffer.from(desk.digests.mac('mac/lookup', 'passkey', user.id), 'hex');
  const owner = { issuer: desk.name, login: user.login, handle };
  const options = await kind.ask({ ...drawn, site: request.site, known, owner });
  const row = { id, kind: kind.id, label: kind.title, secret: null };
  await actAsOwner<'owner:methods', void>(desk, ready, ENROLLING, {
    entry: () => begunEntry(id, kind.id),
    change: async (acting) => {
      await putNew(acting, row);
      await store(acting);
    },
  });
  return options;
}

/** Checks the enrolment code if one is needed. A login in the state `enrolment-needed` has given it already. */
async function readyToEnrol(desk: Desk, login: PortalLogin, { enrolmentCode: code, replaces }: EnrolmentRequest) {
  if (replaces !== undefined) await factorToReplace(desk.store.read, login, replaces);
  if (login.session.state === 'enrolment-needed') return login;
  const owed = await sendOwedEnrolmentCode(desk, login);
  if (owed === 'not-needed') return login;
  if (code === undefined) throw enrolmentCodeMissing(owed);
  return submitEnrolmentCode(desk, login, code);
}

export function enrolmentCodeMissing(owed: 'waiting' | 'sent' | 'ask-desk'): Refusal {
  const next = owed === 'ask-desk' ? 'desk-sends-code' : 'give-enrolment-code';
  return refusal('enrolment-needed', 'enrolment-code-needed', {}, next, {
    also: { enrolment: { codeNeeded: true, code: owed } },
  });
}

async function beginGenerated(desk: Desk, login: PortalLogin, kind: Registered<GeneratedFactor>) {
  const { user, account } = login;
  const enrolment = await kind.begin({
    random: (n) => desk.chance.bytes(n),
    issuer: desk.name,
    accountName: account.name,
    login: user.login,
    settings: desk.policy.limits.totp,
  });
  const id = desk.newId('fac');
  const secret = desk.vault.seal('seal/factor', factorContext(user, id), enrolment.secret);
  await actAsOwner(desk, login, ENROLLING, {
    entry: () => begunEntry(id, kind.id),
    change: (acting) => putNew(acting, { id, kind: kind.id, label: kind.title, secret }),
  });
  const { uri, secretBase32 } = enrolment;
  return { family: 'generated', kind: kind.id, id, uri, secretBase32 } as const;
}

/** In place of what was begun before. */
async function putNew(acting: ActingOwner<'owner:methods'>, row: Parameters<typeof pendingRow>[0]): Promise<void> {
  const { write, by, now } = acting;
  await requireCodeStillGood(acting);
  for (const old of await pendingOf(write, by.login, row.kind)) await write.factors.delete(old.id);
  await write.factors.insert(pendingRow(row, by.login, now));
}

/** A request for a new code continues the same half-done enrolment, so that its tries keep counting. */
async function beginSent(desk: Desk, login: PortalLogin, kind: Registered<SentFactor>) {
  const pending = await pendingOf(desk.store.read, login, kind.id);
  const id = pending[0]?.id ?? desk.newId('fac');
  const contact = await contactOnFile(desk, kind, login);
  const begun = { family: 'sent', kind: kind.id, id, to: maskedContact(kind.contact, contact) } as const;
  const about = { purpose: 'factor', factorId: id } as const;
  if (pending.length > 0 && (await sentJustNow(desk, kind, { userId: login.user.id, ...about }))) return begun;
  const code = newSentCode(desk, kind, login, { ...about, to: contact });
  await actAsOwner<'owner:methods', void>(desk, login, ENROLLING, {
    entry: () => begunEntry(id, kind.id),
    change: async (acting) => {
      const { write, by, now } = acting;
      await requireCodeStillGood(acting);
      const rows = await write.factors.ofUser(by.login.user.id);
      if (rows.some((row) => row.kind === kind.id && row.state === 'active')) {
        throw refusal('invalid-input', 'method-set-up-already', { factorTitle: kind.id }, 'codes-follow-contact');
      }
      const row = { id, kind: kind.id, label: kind.title, secret: null };
      if (rows.some((known) => known.id === id)) await write.factors.update(id, { created_at: now, confirmed_at: now });
      else await write.factors.insert(pendingRow(row, by.login, now));
      await storeSentCode(acting, code);
    },
  });
  await requireSent(desk, code.message.id);
  return begun;
}

const begunEntry = (id: string, kind: string): ActEntry => ({
  kind: 'factor.enrolment-begun',
  outcome: 'started',
  detail: { factor: id, kind },
});

function pendingRow(row: Pick<FactorRow, 'id' | 'kind' | 'label' | 'secret'>, { user }: Owner, at: number): FactorRow {
  const times = { last_step: null, created_at: at, confirmed_at: at, suspended_by: null };
  return { ...row, user_id: user.id, state: 'pending', ...times };
}

/** The method that another is to replace. Refusal `not-found`. */
export async function factorToReplace({ factors }: Pick<Reads, 'factors'>, { user }: Owner, id: string) {
  const row = (await factors.ofUser(user.id)).find((candidate) => candidate.id === id);
  if (row?.state === 'active') return row;
  throw refusal('not-found', 'method-to-replace-unknown', { id }, 'list-methods');
}

export async function pendingOf({ factors }: Pick<Reads, 'factors'>, { user }: Owner, kind: string) {
  return (await factors.ofUser(user.id)).filter((row) => row.kind === kind && row.state === 'pending');
}

/**
 * The mailed code that allowed the enrolment must still be valid: an admin's objection to the reset ends it at once,
 * even for a user who has given it already (B62). Refusal `enrolment-needed`.
 */
export async function requireCodeStillGood({ desk, write, by, now }: ActingOwner<'owner:methods'>): Promise<void> {
  const { enrolmentCodeNeeded, enrolmentCode } = await userFactors(desk, write.factors, by.login.user.id);
  if (enrolmentCodeNeeded && enrolmentCode !== undefined && now >= enrolmentCode.expires_at)
    throw enrolmentCodeMissing('ask-desk');
}
