/** What the procedures of procedures/messages, procedures/upkeep and procedures/log ask of an operator. */

import type { Desk } from '../../../src/desk.js';
import { callRecord, ownCalls, proveCall } from '../../../src/procedures/log/call-record.js';
import { noteExport, peopleOf } from '../../../src/procedures/log/read-audit-log.js';
import { switchOn } from '../../../src/procedures/messages/channel-switch.js';
import { resendEvents, testDelivery } from '../../../src/procedures/upkeep/care-for-outbox.js';
import {
  acceptPolicy,
  backUpStore,
  confirmClock,
  noteKeyBackup,
  setClockBack,
} from '../../../src/procedures/upkeep/care-for-store.js';
import { deskReport } from '../../../src/procedures/upkeep/desk-report.js';
import { reconcileRemotes } from '../../../src/procedures/upkeep/reconcile-remotes.js';
import { rekeyStore } from '../../../src/procedures/upkeep/rekey-store.js';
import type { Doors } from './door.js';

/** Where nothing is to be accepted, nothing is asked. */
const unaccepted = (desk: Desk): Desk => ({ ...desk, pin: { ...desk.pin, pinned: 'f'.repeat(64), accepted: false } });

export const CARE: Doors = {
  'log/call-record.callRecord': { permission: 'verify', knock: (desk, signed) => callRecord(desk, signed, 'none') },
  'log/call-record.ownCalls': { permission: 'verify', knock: (desk, signed) => ownCalls(desk, signed, 1) },
  'log/call-record.proveCall': {
    permission: 'audit:receipt',
    knock: (desk, signed) => proveCall(desk, signed, 'none'),
  },
  'log/read-audit-log.noteExport': {
    permission: 'audit:read',
    knock: (desk, signed) => noteExport(desk, signed, {}, 'csv'),
  },
  'log/read-audit-log.peopleOf': { permission: 'audit:read', knock: (desk, signed) => peopleOf(desk, signed, []) },
  'upkeep/care-for-outbox.testDelivery': {
    permission: 'outbox:flush',
    knock: (desk, signed) => testDelivery(desk, signed, 'none'),
  },
  'upkeep/care-for-outbox.resendEvents': {
    permission: 'outbox:flush',
    knock: (desk, signed) => resendEvents(desk, signed, 0),
  },
  'upkeep/reconcile-remotes.reconcileRemotes': {
    permission: 'mfa:reset-bulk',
    knock: (desk, signed) => reconcileRemotes(desk, signed, [], new AbortController().signal),
  },
  'messages/channel-switch.switchOn': { permission: 'outbox:flush', knock: switchOn },
  'upkeep/care-for-store.acceptPolicy': {
    permission: 'store:manage',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) => acceptPolicy(unaccepted(desk), signed),
  },
  'upkeep/care-for-store.backUpStore': {
    permission: 'store:manage',
    fresh: true,
    knock: (desk, signed) => backUpStore(desk, signed, '/nowhere/at/all.db'),
  },
  'upkeep/desk-report.deskReport': {
    permission: 'report:read',
    knock: (desk, signed) => deskReport(desk, signed, desk.now()),
  },
  'upkeep/care-for-store.confirmClock': {
    permission: 'approval:decide',
    knock: (desk, signed) => confirmClock(desk, signed),
  },
  'upkeep/care-for-store.setClockBack': {
    permission: 'store:manage',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) => setClockBack(desk, signed, { kind: 'operator', id: 'none', name: 'none' }),
  },
  'upkeep/care-for-store.noteKeyBackup': {
    permission: 'store:manage',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) => noteKeyBackup(desk, signed, 'none'),
  },
  'upkeep/rekey-store.rekeyStore': {
    permission: 'store:manage',
    fresh: true,
    inPerson: true,
    knock: (desk, signed) =>
      rekeyStore(desk, signed, {
        from: 'none',
        verifierKeys: [],
        onProgress: () => undefined,
        signal: AbortSignal.abort(),
      }),
  },
};
