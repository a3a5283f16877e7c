/**
 * The shape of the three policy files, and the types that the rest of the desk sees. Each figure has a floor and a ceiling, so
 * that a desk can tighten or relax a protection, but not switch it off by a large number. policy-checks.ts compares values with
 * each other. Schemas are built when called, because most commands end before a policy is read.
 */
import * as z from 'zod';
import { PERMISSIONS } from './operator-roles.js';
import { OPERATOR_ROLES } from './people.js';

export type ActionsFile = z.infer<ReturnType<typeof actionsSchema>>;
export type RolesFile = z.infer<ReturnType<typeof rolesSchema>>;
export type LimitsFile = z.infer<ReturnType<typeof limitsSchema>>;

/** data/actions.json: the protected requests (B02). */
export function actionsSchema() {
  const id = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens');
  const title = z
    .string()
    .regex(/^[^\p{C}\p{Z}](?:[^\p{C}]{0,78}[^\p{C}\p{Z}])?$/u, 'must be 1 to 80 printable characters');
  const action = z.strictObject({ id, title });
  const category = z.strictObject({ id, title, actions: z.array(action).min(1, 'must hold at least one action') });
  return z.strictObject({
    version: z.literal(1),
    categories: z.array(category).min(1, 'must hold at least one category'),
  });
}

/** data/roles.json: what customers' roles hold (B04) and what operators' roles may do (B71). */
export function rolesSchema() {
  const rule = z.strictObject({
    holds: z.enum(['everything', 'its-scopes', 'nothing']),
    /** May grant and revoke scopes in the portal (B16). */
    assignsScopes: z.boolean(),
    /** The desk may set the first passphrase on the set-up call (B13). */
    firstPassphraseByDesk: z.boolean(),
  });
  const permissions = z.array(z.enum(PERMISSIONS));
  return z.strictObject({
    version: z.literal(1),
    customers: z.strictObject({
      classic: z.strictObject({ 'primary-admin': rule, 'secondary-admin': rule, user: rule }),
      'x-series': z.strictObject({ admin: rule, user: rule }),
    }),
    operators: z.strictObject({
      verifier: permissions,
      agent: permissions,
      lead: permissions,
      admin: permissions,
      auditor: permissions,
    }),
    freshCode: z.array(z.enum(OPERATOR_ROLES)),
    withoutSecondFactor: z.array(z.enum(OPERATOR_ROLES)),
  });
}

/** data/limits.json. Units are in the names; the figures follow NIST SP 800-63B-4 and OWASP ASVS 5.0 where those have one. */
export function limitsSchema() {
  return z.strictObject({
    version: z.literal(1),
    ...secretLimits(),
    ...hashingLimits(),
    ...deskLimits(),
    ...portalLimits(),
  });
}

/** Secrets that people remember, and how often they may get them wrong. 100 failures is the cap of NIST SP 800-63B-4, 3.2.2. */
function secretLimits() {
  return {
    passphrase: z.strictObject({
      minLength: whole(15, 64),
      maxCodePoints: whole(64, 256),
      minGuessesLog10: whole(6, 14),
      generatedWords: whole(4, 10),
      ownerView: z.boolean(),
    }),
    applicationPassword: passwordRules(),
    operatorPassword: passwordRules(),
    throttle: z.strictObject({
      lockFromFailure: whole(1, 10),
      firstLockMinutes: whole(1, 1440),
      maxLockMinutes: whole(15, 10_080),
      disabledAtFailure: whole(2, 100),
      alertLookBackDays: whole(1, 90),
      // Of policies from before there were alarms. They stop nobody any more.
      operatorFailuresPerHour: whole(1, 100).optional(),
      accountFailuresPerHour: whole(1, 200).optional(),
      deskFailuresPerHour: whole(1, 1000).optional(),
    }),
    alarms: z
      .strictObject({ desk: alarm(1000), company: alarm(200), operator: alarm(100), quietMinutes: whole(15, 1440) })
      .default(ALARMS),
    clock: z.strictObject({ toleranceSeconds: whole(0, 600), silenceHours: whole(24, 744).default(96) }),
  };
}

/** Of policies that have none, as shipped. */
const ALARMS = {
  desk: { floor: 30, perOperator: 0.1 },
  company: { floor: 20, perOperator: 0.05 },
  operator: { floor: 10, perOperator: 0 },
  quietMinutes: 60,
};

/** More misses in an hour than the floor, or than so many for each operator at work, sound the alarm (B95). */
const alarm = (most: number) => z.strictObject({ floor: whole(1, most), perOperator: z.number().min(0).max(10) });

/** `aloneMinLength`: where no second factor protects the login. 15 is the floor of NIST SP 800-63B-4, 3.1.1.2. */
function passwordRules() {
  return z.strictObject({
    minLength: whole(8, 64),
    aloneMinLength: whole(15, 64),
    maxCodePoints: whole(64, 256),
    minGuessesLog10: whole(6, 14),
  });
}

/**
 * What argon2id costs a thief per guess: `hashing` for what people know, `codeHashing` for backup codes. The floor is OWASP's; the ceiling keeps
 * a check within seconds, and crypto/hasher.ts refuses a stored hash outside of both. A policy without these groups gets the default.
 */
function hashingLimits() {
  const cost = { memoryKiB: whole(19_456, 262_144), passes: whole(2, 8), lanes: whole(1, 16) };
  return {
    hashing: z.strictObject(cost).default({ memoryKiB: 65_536, passes: 3, lanes: 4 }),
    codeHashing: z.strictObject(cost).default({ memoryKiB: 19_456, passes: 2, lanes: 1 }),
  };
}

/** What operators get, and for how long. Session ceilings: NIST SP 800-63B-4, 2.2.3 (24 h, idle 1 h). */
function deskLimits() {
  return {
    grant: z.strictObject({ minutes: whole(1, 60) }),
    // How long a phrase that was heard on a call serves another request of the same caller. A policy without it asks each time.
    hearing: z.strictObject({ heardMinutes: whole(0, 30) }).default({ heardMinutes: 0 }),
    approval: z.strictObject({
      minutes: whole(1, 60),
      requestHours: whole(1, 168),
      apartDays: whole(7, 365).default(7),
      bulkOver: whole(1, 1000),
      deskBulkOver: whole(1, 10_000).default(100),
      ownResetByPhone: z.boolean(),
      adminTargets: z.boolean(),
    }),
    // How many rows on file an import may change before somebody gives their number (B90), and how many people's contacts in a day before a second
    // operator is asked (B56).
    directory: z
      .strictObject({ confirmOver: whole(1, 100_000), contactsOver: whole(1, 100_000).default(100) })
      .default({ confirmOver: 100, contactsOver: 100 }),
    // How long an admin who was added to a company with admins waits before acting on others (B84). A policy without it gets the default.
    adminHoldHours: whole(24, 720).default(72),
    operatorSession: z.strictObject({ hours: whole(1, 24), idleMinutes: whole(1, 60), freshCodeMinutes: whole(1, 60) }),
    operatorToken: z.strictObject({ defaultHours: whole(1, 8760), maxDays: whole(1, 365) }),
    operatorStart: z.strictObject({ hours: whole(1, 24) }),
    operatorRecovery: z.strictObject({ codes: whole(8, 20), waitHours: whole(24, 168) }),
    reset: z.strictObject({
      undoDays: whole(0, 30),
      perOperatorPerHour: whole(1, 1000),
      // How long a reset at another system can be cancelled before it begins (B93).
      remoteWaitMinutes: z
        .strictObject({ call: whole(0, 1440), bulk: whole(0, 1440), portal: whole(0, 1440) })
        .default({ call: 0, bulk: 30, portal: 0 }),
    }),
  };
}

/** What users get, and for how long. Codes by mail and SMS: 6 digits or more, 10 min (SP 800-63B-4, 3.1.3). */
function portalLimits() {
  return {
    portalSession: z.strictObject({
      hours: whole(1, 24),
      idleMinutes: whole(1, 60),
      freshPasswordMinutes: whole(1, 60),
    }),
    device: z.strictObject({ rememberDays: whole(1, 90) }),
    code: z.strictObject({
      digits: whole(6, 10),
      minutes: whole(1, 10),
      tries: whole(1, 10),
      resendSeconds: whole(0, 300),
      unusedPerHour: whole(2, 100),
    }),
    invitation: z.strictObject({ hours: whole(1, 168), perHour: whole(1, 20), perDay: whole(1, 50) }),
    // The codes of bulk runs last so many working days; 0 as long as any other. A policy without it has 0.
    enrolmentCode: z.strictObject({
      required: z.boolean(),
      hours: whole(1, 24),
      bulkWorkingDays: whole(0, 10).default(0),
      addressOnFileDays: whole(0, 365),
    }),
    // How long messages that ended are kept. A policy without it gets the default.
    outbox: z.strictObject({ keepDays: whole(2, 3650) }).default({ keepDays: 30 }),
    backupCodes: z.strictObject({ count: whole(1, 20) }),
    // Users whom one admin of a company resets in the portal. A policy without it gets the default.
    portalReset: z.strictObject({ perAdminPerHour: whole(1, 1000) }).default({ perAdminPerHour: 30 }),
    // Whether an identity provider on this machine itself may publish its keys; for tests of a set-up.
    sso: z.strictObject({ loopbackKeys: z.boolean() }).default({ loopbackKeys: false }),
    totp: z.strictObject({ stepSeconds: z.literal(30), digits: whole(6, 8), stepsBack: whole(0, 1) }),
  };
}

/** One `check` with both bounds: chained `min` and `max` copy the schema each time, and every cold start would pay for it. */
function whole(least: number, most: number) {
  return z.int().check(z.gte(least), z.lte(most));
}
