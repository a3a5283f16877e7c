/** The statements of one verification, said again of other callers: with ids and entries of their own, entries hashed and the head sealed anew. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { USERS_PER_ACCOUNT } from './bench-desk.mjs';
import { numberOf } from './verifications.mjs';

const padded = (number) => String(number).padStart(8, '0');

/** A function that gives the values of all statements for this caller; `size` is the length of the log. */
export function sayingAgain(statements, heardOf, size) {
  const key = randomBytes(32);
  let next = size;
  return (caller) => {
    const fresh = new Map();
    const other = ofAnother(heardOf, caller);
    return statements.map(({ text, values }) => {
      let said = values.map((value) => other(renewed(value, fresh)));
      if (text.startsWith('insert into "audit_entries"')) said = entryOf(said, next++);
      if (text.startsWith('update "audit_head"'))
        said = said.map((value, at) => (values[at] === next - 1 ? next : sealed(value, key)));
      return said;
    });
  };
}

/** Puts one caller and company in the place of another. */
function ofAnother(from, to) {
  const names = [
    [`usr_${padded(from)}`, `usr_${padded(to)}`],
    [`acc_${padded(Math.floor(from / USERS_PER_ACCOUNT))}`, `acc_${padded(Math.floor(to / USERS_PER_ACCOUNT))}`],
  ];
  const exact = new Map([
    [`user${from}`, `user${to}`],
    [numberOf(from), numberOf(to)],
  ]);
  return (value) => {
    if (typeof value !== 'string') return value;
    return exact.get(value) ?? names.reduce((text, [old, next]) => text.replaceAll(old, next), value);
  };
}

/** What this verification has made gets ids of its own, the same one each time it is named. */
function renewed(value, fresh) {
  if (typeof value !== 'string' || !/^(ver|gr)_/.test(value)) return value;
  if (!fresh.has(value)) fresh.set(value, value.slice(0, 4) + randomBytes(13).toString('hex'));
  return fresh.get(value);
}

function entryOf([seq, body], size) {
  if (typeof seq !== 'number') throw new Error('the columns of an entry stand in another order');
  const text = JSON.stringify({ ...JSON.parse(body), seq: size });
  return [size, text, createHash('sha256').update(`\0${text}`).digest()];
}

const sealed = (value, key) =>
  typeof value === 'string' && value.includes('.') ? createHmac('sha256', key).update(value).digest('hex') : value;
