/**
 * Which entries of the log change power (B84), whom they are told to, and in which words of data/messages. The write door asks this of every
 * entry, so no act can forget it. What an entry does not say clearly counts as a change. Pure.
 */
import type { Worded } from '../errors.js';
import type { AuditValue, EntryFacts } from './audit-entry.js';
import type { AuditKind } from './audit-kinds.js';
import { minuteOf, minuteUp } from './moment.js';

export interface Power {
  /** The admins of the company and the user it is about; the admins of the desk; or its leads too. */
  readonly told: 'company' | 'desk' | 'leads';
  /** Null: an event only, because another notice says it, or nobody can lose by it. */
  readonly template: string | null;
  /** `target` and `previous` are named by whoever writes the message: an entry has only their ids. */
  readonly values: Readonly<Record<string, Worded>>;
}

type Detail = Readonly<Record<string, AuditValue>>;
type Judge = (detail: Detail, entry: EntryFacts) => Power | null;

const TARGET = { target: '' } as const;
const company = (template: string | null, values: Power['values'] = {}): Power => ({
  told: 'company',
  template,
  values,
});
const text = (value: AuditValue | undefined): string =>
  (Array.isArray(value) ? value.join(' ') : String(value ?? '')) || '–';
const from = ({ heldUntil }: Detail, at: number) => minuteOf(minuteUp(typeof heldUntil === 'number' ? heldUntil : at));

const switched =
  (template: string, values: (state: string) => Power['values'], state: string): Judge =>
  (detail) =>
    detail['changed'] === false ? null : company(template, values(state));
const aLogin = (state: string) => ({ state: ['switched', state] as const, ...TARGET });
const aCompany = (state: string) => ({ state: ['switched', state] as const });

const roleOf = (detail: Detail, name = 'role') => ['roleTitle', text(detail[name])] as const;

const role: Judge = (detail) => {
  const values = { role: roleOf(detail), before: roleOf(detail, 'roleBefore'), scopes: text(detail['scopes']) };
  return detail['result'] === 'nothing-to-do' ? null : company('power-role-changed', { ...values, ...TARGET });
};

const gained =
  (template: string, more: Power['values']): Judge =>
  (detail, { at }) =>
    company(template, { role: roleOf(detail), from: from(detail, at), ...TARGET, ...more });

/** Fields on which no power depends. A large import counts what it changed of them (procedures/imports). */
const HARMLESS = ['name', 'email', 'phone', 'country', 'language'];
const harmless = ({ fields, count }: Detail): boolean =>
  count !== undefined || (Array.isArray(fields) && fields.every((field) => HARMLESS.includes(field)));

const account: Judge = (detail) => {
  const { fields, count, country, connector } = detail;
  if (harmless(detail))
    return count === undefined && Array.isArray(fields) && fields.includes('country')
      ? company('power-country', { country: text(country) })
      : null;
  const others = Array.isArray(fields) ? fields.filter((field) => !HARMLESS.includes(field)) : [];
  if (others.length === 1 && others[0] === 'connector')
    return company('power-connector', { connector: text(connector) });
  if (others.length === 0 || others.some((field) => field !== 'phone-resets')) return company('power-sign-on-changed');
  return company(detail['phoneResets'] === 'forbidden' ? null : 'power-phone-resets');
};

/** Whose login a reset reaches at another system (B93). */
const isExternal = ({ fields }: Detail): boolean =>
  Array.isArray(fields) && fields.every((field) => field === 'external' || HARMLESS.includes(String(field)));
const external = (detail: Detail): Power =>
  company('power-external', { external: text(detail['external']), ...TARGET });

/** Told to the desk's admins by kind and ids; the operator it is about has a notice of their own. */
const SAID = ['role', 'roleBefore', 'address', 'customer', 'starts', 'approver', 'after', 'key'];
const desk: Judge = (detail, { kind }) => {
  const known = SAID.filter((name) => detail[name] !== undefined);
  const said = known.map((name): Worded => ['powerFact', name, ['powerValue', text(detail[name])]]);
  return {
    told: 'desk',
    template: 'desk-power-changed',
    values: { what: ['powerKind', kind], change: said.length === 0 ? '–' : ['list', ', ', ...said], ...TARGET },
  };
};

const POWERS: { readonly [K in AuditKind]?: Judge } = {
  'account.disabled': switched('power-company-switched', aCompany, 'disabled'),
  'account.edited': account,
  'account.edition-changed': ({ edition, editionBefore }) =>
    company('power-edition', {
      edition: ['editionTitle', text(edition)],
      before: ['editionTitle', text(editionBefore)],
    }),
  'account.enabled': switched('power-company-switched', aCompany, 'enabled'),
  // Whoever is invited had no password; that somebody at the desk invites many is for the admins to know.
  'account.invited': ({ people }) => company('power-invited', { count: text(people) }),
  'account.sign-in-changed': ({ signIn, logins }) =>
    company('power-sign-in-all', { signIn: ['signInTitle', text(signIn)], count: text(logins) }),
  // An alarm gives no power, but is told in the same way (B95).
  'desk.alarmed': ({ scope, misses, bound }) => ({
    told: 'leads',
    template: 'desk-alarm',
    values: { where: ['alarmed', text(scope)], misses: text(misses), bound: text(bound), ...TARGET },
  }),
  'key.backed-up': desk,
  'mfa.not-required': ({ unchanged }) => (unchanged === true ? null : company('power-mfa-off')),
  'mfa.required': ({ unchanged }) => (unchanged === true ? null : company(null)),
  'operator.added': desk,
  'operator.disabled': desk,
  // To lift a lock-out gives nobody more than they had.
  'operator.edited': (detail, entry) =>
    Object.keys(detail).every((name) => name === 'operator' || name === 'unlock') ? null : desk(detail, entry),
  'operator.enabled': desk,
  'operator.recovered': desk,
  'policy.accepted': desk,
  'scope.granted': role,
  'scope.revoked': role,
  'store.clock-set-back': desk,
  'store.restored': desk,
  'store.vouched': desk,
  'token.created': desk,
  // A large import lists logins without power by their ids alone.
  'user.added': (detail, entry) =>
    detail['role'] === 'user' || detail['count'] !== undefined ? null : gained('power-admin-added', {})(detail, entry),
  'user.disabled': switched('power-login-switched', aLogin, 'disabled'),
  'user.edited': (detail, entry) =>
    harmless(detail) ? null : isExternal(detail) ? external(detail) : role(detail, entry),
  'user.enabled': switched('power-login-switched', aLogin, 'enabled'),
  'user.handed-over': gained('power-handed-over', { previous: '' }),
  'user.promoted': gained('power-admin-added', {}),
  'user.sign-in-changed': ({ signIn }) =>
    company('power-sign-in', { signIn: ['signInTitle', text(signIn)], ...TARGET }),
};

/** Null if the entry changes nobody's power. */
export function powerOf(entry: EntryFacts): Power | null {
  if (entry.outcome !== 'done') return null;
  return POWERS[entry.kind]?.(entry.detail ?? {}, entry) ?? null;
}
