/** All query files in two values: reads, which work at any time, and writes, which work only inside the door. */
import type { SchemaTraits } from '../engine.js';
import { sealedReads, sealedWrites } from '../guard/sealed.js';
import type { Tagging } from '../guard/tag-rows.js';
import type { Db, Tx } from '../schema/directory.js';
import { accountReads, accountWrites } from './accounts.js';
import { alarmReads, alarmWrites } from './alarms.js';
import { approvalReads, approvalWrites } from './approvals.js';
import { auditReads } from './audit.js';
import { callReads, callWrites, grantReads, grantWrites, verificationReads, verificationWrites } from './calls.js';
import { factorReads, factorWrites } from './factors.js';
import { figureReads } from './figures.js';
import { importReads, importWrites } from './imports.js';
import { jobReads, jobWrites } from './jobs.js';
import { freezeReads, freezeWrites, metaReads, metaWrites, policyPinReads, policyPinWrites } from './meta.js';
import { lifeCycleReads, lifeCycleWrites, operatorReads, operatorWrites } from './operators.js';
import { outboxReads, outboxWrites } from './outbox.js';
import { idTokenWrites, portalSessionReads, portalSessionWrites } from './portal-sessions.js';
import { resetReads, resetWrites } from './resets.js';
import { searchReads, searchWrites } from './search.js';
import { secretReads, secretWrites } from './secrets.js';
import { throttleReads, throttleWrites } from './throttles.js';
import { trustWrites } from './trust.js';
import { userReads, userWrites } from './users.js';

export const readsOf = (db: Db, traits: SchemaTraits) => ({
  accounts: accountReads(db),
  alarms: alarmReads(db),
  approvals: approvalReads(db),
  audit: auditReads(db, traits),
  calls: callReads(db),
  factors: factorReads(db),
  figures: figureReads(db),
  freeze: freezeReads(db),
  grants: grantReads(db),
  imports: importReads(db),
  jobs: jobReads(db),
  meta: metaReads(db),
  operators: operatorReads(db),
  lifeCycle: lifeCycleReads(db),
  outbox: outboxReads(db),
  policyPin: policyPinReads(db),
  portalSessions: portalSessionReads(db),
  resets: resetReads(db),
  search: searchReads(db),
  sealed: sealedReads(db),
  secrets: secretReads(db),
  throttles: throttleReads(db),
  users: userReads(db),
  verifications: verificationReads(db),
});

/** Includes the reads of the same transaction, so that a decision and its effect see the same state. */
export const writesOf = (tx: Tx, tagging: Tagging, queued: (messageId: string) => void) =>
  whenAsked({
    accounts: () => ({ ...accountReads(tx), ...accountWrites(tx) }),
    alarms: () => ({ ...alarmReads(tx), ...alarmWrites(tx) }),
    approvals: () => ({ ...approvalReads(tx), ...approvalWrites(tx) }),
    audit: () => auditReads(tx, tagging.traits),
    calls: () => ({ ...callReads(tx), ...callWrites(tx) }),
    factors: () => ({ ...factorReads(tx), ...factorWrites(tx) }),
    grants: () => ({ ...grantReads(tx), ...grantWrites(tx) }),
    idTokens: () => idTokenWrites(tx),
    imports: () => ({ ...importReads(tx), ...importWrites(tx) }),
    jobs: () => ({ ...jobReads(tx), ...jobWrites(tx) }),
    meta: () => ({ ...metaReads(tx), ...metaWrites(tx) }),
    operators: () => ({ ...operatorReads(tx), ...operatorWrites(tx) }),
    lifeCycle: () => ({ ...lifeCycleReads(tx), ...lifeCycleWrites(tx) }),
    outbox: () => ({ ...outboxReads(tx), ...outboxWrites(tx, queued) }),
    policyPin: () => ({ ...policyPinReads(tx), ...policyPinWrites(tx) }),
    portalSessions: () => ({ ...portalSessionReads(tx), ...portalSessionWrites(tx) }),
    resets: () => ({ ...resetReads(tx), ...resetWrites(tx) }),
    search: () => ({ ...searchReads(tx), ...searchWrites(tx, tagging.traits) }),
    sealed: () => ({ ...sealedReads(tx), ...sealedWrites(tx, tagging) }),
    freeze: () => ({ ...freezeReads(tx), ...freezeWrites(tx) }),
    secrets: () => ({ ...secretReads(tx), ...secretWrites(tx) }),
    /** Asks the door for a book of sums under a new key. */
    sums: () => ({
      renewed: false,
      renew() {
        this.renewed = true;
      },
    }),
    throttles: () => ({ ...throttleReads(tx), ...throttleWrites(tx) }),
    trust: () => trustWrites(tx),
    users: () => ({ ...userReads(tx), ...userWrites(tx) }),
    verifications: () => ({ ...verificationReads(tx), ...verificationWrites(tx) }),
  });

export type Reads = ReturnType<typeof readsOf>;
export type Writes = ReturnType<typeof writesOf>;

/** Makes each group on first use, because a write needs only two or three of them. */
function whenAsked<T extends Readonly<Record<string, () => object>>>(makers: T) {
  const groups = {} as { readonly [K in keyof T]: ReturnType<T[K]> };
  for (const [name, make] of Object.entries(makers)) {
    let group: object | undefined;
    Object.defineProperty(groups, name, { enumerable: true, get: () => (group ??= make()) });
  }
  return groups;
}
