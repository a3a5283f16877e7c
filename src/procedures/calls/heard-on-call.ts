/**
 * A second request on a call on which the caller's phrase was heard (E15). Role and scope are asked anew. What was heard is a tagged row: it
 * goes when the call changes hands, is dropped or ends, when another caller is opened, and when a phrase on the call is wrong.
 */
import type { Desk, Reads, SignedOperator, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { servesMore } from '../../rules/hearing.js';
import { refusalNow } from '../../rules/throttle.js';
import { act } from '../authorise.js';
import { toThrottle } from '../lock-outs.js';
import { insertVerification, verificationEntryBase } from './count-verification.js';
import { type Call, openAskedCall, VERIFYING } from './open-call.js';
import { conclude, decisionEntry, sessionOf, type Verdict, type VerificationRequest } from './verify-caller.js';

/** Null, without an entry, if the phrase must be said (again). Refusals: those of `verifyCaller`; refused-by-policy if it must by now. */
export async function verifyHeard(
  desk: Desk,
  signed: SignedOperator,
  request: Omit<VerificationRequest, 'phrase'> & { readonly call: string },
): Promise<Verdict | null> {
  const { ticket, call } = request;
  const asked = { ...(await openAskedCall(desk, signed, request)), id: desk.newId('ver'), ticket, forgot: false, call };
  if ((await heardOn(desk, desk.store.read, signed, asked)) === null) return null;
  const at = desk.now();
  const { verdict } = await act<'verify', { verdict: Verdict; heard: string }>(desk, signed, VERIFYING, {
    entry: (done, { actor }) => {
      const base = verificationEntryBase(actor, at, asked);
      return decisionEntry({ ...base, detail: { ...base.detail, heard: done.heard } }, done.verdict);
    },
    change: async (acting) => {
      const heard = await heardOn(desk, acting.write, signed, asked);
      if (heard === null || acting.by.alsoUserId === asked.caller?.id)
        throw refusal('refused-by-policy', 'phrase-needed', {}, 'hear-phrase');
      await insertVerification(acting, asked, { outcome: 'started', reason: 'heard', decided_at: null });
      return { verdict: await conclude(acting, asked, 'matches'), heard };
    },
  });
  return verdict;
}

/** Id of the verification in which this operator heard the caller on this call, if it still counts. */
async function heardOn(
  desk: Desk,
  read: Pick<Reads | Writes, 'calls' | 'verifications' | 'secrets' | 'throttles'>,
  signed: SignedOperator,
  { caller, callerKey, action, call: id }: Call & { readonly call: string },
): Promise<string | null> {
  const [row, call] = [await read.calls.hearing(id), await read.calls.byId(id)];
  const heard = row === undefined ? undefined : await read.verifications.byId(row.verification_id);
  if (row === undefined || heard === undefined || caller === null) return null;
  const phrase = await read.secrets.passphrase(caller.id);
  const lock = refusalNow(toThrottle(await read.throttles.get(`caller:${callerKey}`)), desk.clock.time());
  const counts =
    servesMore(row.expires_at, action.id, desk.now()) &&
    row.session === sessionOf(signed) &&
    [heard.operator_id, call?.operator_id].every((operator) => operator === signed.operator.id) &&
    [heard.user_id, call?.user_id].every((user) => user === caller.id) &&
    call?.state === 'open' &&
    phrase?.verifier != null &&
    phrase.set_at <= heard.started_at &&
    lock === undefined;
  return counts ? heard.id : null;
}
