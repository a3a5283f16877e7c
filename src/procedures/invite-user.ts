/**
 * Invitations: a one-time code to the e-mail on file, with which the user sets the application password. The desk never sees the
 * code: it goes from here into a sealed message, and the store keeps a keyed digest. A new invitation replaces the one before.
 */
import type { Desk, SignedOperator } from '../desk.js';
import { Refusal } from '../errors.js';
import { encodeCrockford } from '../rules/crockford.js';
import { maskedAddress } from '../rules/directory-fields.js';
import { hours } from '../rules/duration.js';
import type { Account, User } from '../rules/people.js';
import { deliverOutbox } from './deliver-outbox.js';
import { inWords, prepareMessage } from './queue-message.js';

export interface Invitation {
  readonly account: Account;
  readonly user: User;
  /** `a…@alfki.example` */
  readonly sentTo: string;
  readonly messageId: string;
  readonly expiresAt: number;
  /** `given-up`: the address takes no mail. `queued`: tried again later. */
  readonly state: 'delivered' | 'queued' | 'given-up';
}

/** 10 symbols of 5 bits: 50 bits, typed once within a day, under a throttle. Seven bytes hold them. */
const SYMBOLS = 10;
const BYTES = 7;

/** Refusals, before anyone is invited: no e-mail on file, disabled, or a login that only signs in by SSO (B36). */
export async function inviteUsers(
  desk: Desk,
  signed: SignedOperator,
  found: readonly { account: Account; user: User }[],
): Promise<readonly Invitation[]> {
  const people = [...new Map(found.map((one) => [one.user.id, one])).values()];
  for (const one of people) requireInvitable(desk, one);
  const at = desk.now();
  const expiresAt = at + hours(desk.policy.limits.invitation.hours);
  const prepared = people.map((one) => prepare(desk, one, expiresAt));
  await desk.store.record(
    prepared.map(({ account, user, messageId }) => ({
      kind: 'user.invited',
      outcome: 'done',
      at,
      by: signed.actor,
      account: account.id,
      user: user.id,
      detail: { message: messageId, expiresAt },
    })),
    async (write) => {
      for (const { user, code, message } of prepared) {
        await write.factors.deleteCodes(user.id, ['activate']);
        await write.factors.insertCode({ ...code, created_at: at, expires_at: expiresAt });
        await write.outbox.insert([message]);
      }
    },
  );
  await deliverOutbox(
    desk,
    prepared.map(({ messageId }) => messageId),
  );
  return Promise.all(
    prepared.map(async ({ account, user, messageId }) => ({
      account,
      user,
      messageId,
      expiresAt,
      sentTo: maskedAddress(user.email),
      state: await stateOf(desk, messageId),
    })),
  );
}

function requireInvitable(desk: Desk, { account, user }: { account: Account; user: User }): void {
  const who = `${account.number}/${user.login}`;
  if (account.disabledAt !== null || user.disabledAt !== null) {
    throw new Refusal('refused-by-policy', `${who} is disabled; nobody was invited`, {
      hint: `Enable it first: countersign user enable ${who}`,
    });
  }
  if (user.email === '') {
    throw new Refusal('refused-by-policy', `${who} has no e-mail on file; nobody was invited`, {
      hint: `Put it on file first: countersign user edit ${who} --email ADDRESS`,
    });
  }
  const holds = desk.policy.roles.customers[account.edition][user.role]?.holds;
  if (user.signIn === 'sso' && holds !== 'everything') {
    throw new Refusal(
      'refused-by-policy',
      `${who} signs in by SSO and has no application password; nobody was invited`,
      { hint: 'Only admins keep the native login beside SSO (B36).' },
    );
  }
}

function prepare(desk: Desk, { account, user }: { account: Account; user: User }, expiresAt: number) {
  const code = encodeCrockford(desk.chance.bytes(BYTES)).slice(0, SYMBOLS);
  const shown = `${code.slice(0, SYMBOLS / 2)}-${code.slice(SYMBOLS / 2)}`;
  const values = { name: user.name, login: user.login, account: account.name, code: shown, until: inWords(expiresAt) };
  const message = prepareMessage(desk, { template: 'invitation', to: user.email, account, user, values });
  const digest = desk.digests.mac('mac/code', user.id, 'activate', code);
  return {
    account,
    user,
    messageId: message.id,
    message: message.row,
    code: {
      id: desk.newId('inv'),
      user_id: user.id,
      purpose: 'activate',
      factor_id: null,
      digest,
      tries: 0,
      used_at: null,
    },
  };
}

async function stateOf(desk: Desk, id: string): Promise<Invitation['state']> {
  const row = await desk.store.read.outbox.byId(id);
  return row?.state === 'delivered' || row?.state === 'given-up' ? row.state : 'queued';
}
