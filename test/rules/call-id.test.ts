/** The name of a call: short, sayable, and understood however it is typed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPROVAL_ID_BYTES, approvalId, readApprovalId } from '../../src/rules/approval.js';
import { CALL_ID_BYTES, callId, readCallId } from '../../src/rules/call-id.js';

describe('the id of a call', () => {
  it('is six symbols without I, L, O and U', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: CALL_ID_BYTES, maxLength: CALL_ID_BYTES }), (bytes) => {
        expect(callId(bytes)).toMatch(/^call_[0-9abcdefghjkmnpqrstvwxyz]{6}$/);
        expect(readCallId(callId(bytes))).toBe(callId(bytes));
      }),
    );
  });

  it.each(['call_7kq2mp', '7kq2mp', '7KQ 2MP', 'call 7kq-2mp', ' CALL_7KQ2MP '])('is read from %s', (text) => {
    expect(readCallId(text)).toBe('call_7kq2mp');
  });

  it('letters that are heard or seen as another are taken for it', () => {
    expect(readCallId('call_OIL123')).toBe('call_011123');
  });

  it.each(['', 'call_', '7kq2m', '7kq2mpx', '7kq2m!', 'ver_7kq2mp'])('"%s" is none', (text) => {
    expect(readCallId(text)).toBeUndefined();
  });
});

describe('the id of a request (B81)', () => {
  it('is six symbols in two groups, and read however it is said or typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: APPROVAL_ID_BYTES, maxLength: APPROVAL_ID_BYTES }), (bytes) => {
        const id = approvalId(bytes);
        expect(id).toMatch(/^apr(-[0-9abcdefghjkmnpqrstvwxyz]{3}){2}$/);
        for (const typed of [id, id.toUpperCase(), id.replaceAll('-', ''), id.slice(4), ` ${id.replaceAll('-', ' ')} `])
          expect(readApprovalId(typed)).toBe(id);
      }),
    );
  });

  it('an older, longer id stays what it is', () => {
    expect(readApprovalId('apr_01m8fcte96ed7rnspyrmefqxsj')).toBe('apr_01m8fcte96ed7rnspyrmefqxsj');
  });
});
