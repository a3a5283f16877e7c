/**
 * The people and companies of the desk, as the rules see them: plain values, no secrets, no store. Words as in behaviours.md, "Words". Ids are
 * opaque strings with a type prefix (acc_, usr_, op_ …); times are integer milliseconds since the epoch.
 */

export const EDITIONS = ['classic', 'x-series'] as const;
export type Edition = (typeof EDITIONS)[number];

export const CUSTOMER_ROLES = ['primary-admin', 'secondary-admin', 'admin', 'user'] as const;
export type CustomerRole = (typeof CUSTOMER_ROLES)[number];

export const OPERATOR_ROLES = ['verifier', 'agent', 'lead', 'admin', 'auditor'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

export const SIGN_INS = ['native', 'sso'] as const;
export type SignIn = (typeof SIGN_INS)[number];

/** A customer company (B01: exactly one edition). */
export interface Account {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly edition: Edition;
  /** Name of the single sign-on provider, or null. */
  readonly sso: string | null;
  /** Where its telephone numbers without a country code are, such as `DE`; null: where the desk is. */
  readonly country: string | null;
  /** In which its people are spoken and written to, such as `de`; null: the desk's. */
  readonly language: string | null;
  /** Name of the connector to the system where its people sign in, of the settings; null: they sign in here only (B93). */
  readonly connector: string | null;
  /** Company-wide MFA since this time, or null while off (B32). */
  readonly mfaRequiredAt: number | null;
  /** True if the customer forbade resets by phone (B63). */
  readonly phoneResetForbidden: boolean;
  readonly disabledAt: number | null;
}

/** A login inside one account. */
export interface User {
  readonly id: string;
  readonly accountId: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** The number as it is dialled, `+12065559857`; null if it cannot be read. */
  readonly phoneE164: string | null;
  readonly role: CustomerRole;
  /** Privileges of the user: a category (`billing`) or one action (`billing:inquiry`). Sorted. */
  readonly scopes: readonly string[];
  readonly signIn: SignIn;
  /** Time of the last change of e-mail or phone; equals the creation time if never changed. */
  readonly contactChangedAt: number;
  readonly disabledAt: number | null;
  /** Grows with every change of role, scope, passphrase or state; a grant made under an older value no longer counts (B08). */
  readonly authorityVersion: number;
  /** Until then the user may not act on others (B84, power-hold.ts); null if nothing waits. */
  readonly powerHeldUntil: number | null;
  /** Null: the account's. */
  readonly language: string | null;
  /** Who the person is at the system of the connector, `okta:00u1a2b3`; null until a file or a match says it. */
  readonly external: string | null;
}

/** A login with its company. */
export interface Owner {
  readonly account: Account;
  readonly user: User;
}

/** A contact that a person had before: notices go there for some days (B58), and codes until the new one is old enough (B57). */
export interface FormerContact {
  readonly email: string;
  readonly phone: string;
  /** As in `User`; absent in what an earlier version kept. */
  readonly phoneE164?: string | null;
  /** When it was replaced, ms. */
  readonly replacedAt: number;
}

/** A person or script of the desk. */
export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  readonly disabledAt: number | null;
  /** Of the screens; null: the desk's. */
  readonly language: string | null;
}
