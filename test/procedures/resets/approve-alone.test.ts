/** A desk with one operator who may approve (B80): a recovery code in place of the second operator, and a day in which others can object. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { newRecoveryCodes } from '../../../src/procedures/operators/recovery-codes.js';
import { freezeSubject, usableApproval } from '../../../src/procedures/resets/approvals.js';
import { approveAlone, decideApproval, showApproval } from '../../../src/procedures/resets/decide-approval.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { hours } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { signedInAs } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';
import { type OperatorDesk, operatorDesk } from '../operator-desk.js';

describe.each(engines)('an approval where nobody else may approve on %s (B80, B56)', (engine) => {
  let place: OperatorDesk;
  let desk: Desk;
  let olga: SignedOperator;
  let hash: string;
  beforeEach(async () => {
    place = await operatorDesk(engine);
    desk = place.desk;
    const { id } = await place.member('olga', 'admin');
    olga = await signedInAs(desk, { id, name: 'olga', role: 'admin', disabledAt: null, language: null });
    await ask(id);
  });
  afterEach(() => place.close());

  async function ask(operatorId: string): Promise<void> {
    const subject = {
      kind: 'bulk',
      desk: 'desk_1',
      final: false,
      reason: 'INC-1',
      ticket: 'T-1',
      grant: null,
      caller: null,
      users: ['usr_1'],
    } as const;
    const frozen = freezeSubject(desk, subject);
    hash = frozen.hash;
    await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by: SYSTEM }, (write) =>
      write.approvals.insert({
        id: `apr_${operatorId}`,
        why: 'bulk-over-limit',
        subject: frozen.text,
        hash,
        operator_id: operatorId,
        users: 1,
        state: 'pending',
        requested_at: desk.now(),
        expires_at: desk.now() + hours(24),
        decided_by: null,
        decided_at: null,
        decision_reason: null,
        used_at: null,
      }),
    );
  }
  const id = () => `apr_${olga.operator.id}`;
  const alone = (code: string, by = olga, request = id()) =>
    approveAlone(desk, by, { id: request, reason: null, recoveryCode: async () => code });
  const usable = () =>
    usableApproval(
      { policy: desk.policy, reads: desk.store.read, operatorId: olga.operator.id, now: place.clock.now() },
      hash,
    );

  it('counts a day later with a recovery code, which works once; the request and the log say so', async () => {
    const [one = ''] = await newRecoveryCodes(desk, olga);
    expect(await refusalOf(decideApproval(desk, olga, { id: id(), approve: true, reason: null }))).toMatchObject({
      code: 'forbidden',
      hint: expect.stringContaining('--recovery-code-stdin'),
    });
    expect(await refusalOf(alone('1-AAAA-AAAA-AAAA-AAAA'))).toMatchObject({ code: 'not-signed-in' });
    const { validFrom } = await alone(one);
    expect(validFrom).toBe(place.clock.now() + hours(24));
    expect(await showApproval(desk, id())).toMatchObject({ standing: 'approved', decidedAt: validFrom });
    expect(await usable()).toBeUndefined();
    expect(await place.entries('approval.approved')).toMatchObject([{ detail: { approver: 'own recovery code' } }]);
    expect(await refusalOf(alone(one)), 'used').toMatchObject({ code: 'not-signed-in' });
    place.clock.advance(hours(24));
    expect(await usable()).toMatchObject({ id: id() });
    place.clock.advance(hours(24));
    expect(await usable(), 'it expires').toBeUndefined();
  });

  it('keeps the reason that was given with the recovery code, in the request and in the log', async () => {
    const [one = ''] = await newRecoveryCodes(desk, olga);
    await approveAlone(desk, olga, { id: id(), reason: 'nobody else is here', recoveryCode: async () => one });
    expect(await showApproval(desk, id())).toMatchObject({ decisionReason: 'nobody else is here' });
    expect(await place.entries('approval.approved')).toMatchObject([{ reason: 'nobody else is here' }]);
  });

  it('never counts with another approver present, also not with one who came meanwhile', async () => {
    const [one = '', two = ''] = await newRecoveryCodes(desk, olga);
    await alone(one);
    place.clock.advance(hours(24));
    await place.member('lena', 'lead');
    expect(await usable()).toBeUndefined();
    const refused = await refusalOf(alone(two));
    expect([refused.code, refused.message]).toEqual(['approval-needed', expect.stringContaining('lena')]);
  });

  it("is for a request of one's own", async () => {
    const [one = ''] = await newRecoveryCodes(desk, olga);
    const admin = await place.operator('admin');
    await ask(admin.operator.id);
    expect(await refusalOf(alone(one, olga, `apr_${admin.operator.id}`))).toMatchObject({ code: 'forbidden' });
  });
});
