/** What the procedures of procedures/calls ask of an operator. */
import { resumeDesk } from '../../../src/procedures/calls/alarms.js';
import { revokeGrant } from '../../../src/procedures/calls/grants.js';
import { verifyHeard } from '../../../src/procedures/calls/heard-on-call.js';
import {
  answerGeneralQuestion,
  beginCall,
  leaveCall,
  noteOnCall,
  resumeCall,
} from '../../../src/procedures/calls/live-calls.js';
import { openAskedCall } from '../../../src/procedures/calls/open-call.js';
import { verifyCaller } from '../../../src/procedures/calls/verify-caller.js';
import type { Doors } from './door.js';

const NONE = 'call_000000';
const NOBODY = { account: 'none', caller: 'none', action: 'none', ticket: undefined, call: NONE };

export const CALLS: Doors = {
  'calls/alarms.resumeDesk': {
    permission: 'user:unlock',
    fresh: true,
    knock: (desk, signed) => resumeDesk(desk, signed, ''),
  },
  // Another's grant takes grant:revoke, and is refused like an unknown one: test/procedures/calls/grants.test.ts.
  'calls/grants.revokeGrant': { permission: 'verify', knock: (desk, signed) => revokeGrant(desk, signed, 'gr_none') },
  'calls/heard-on-call.verifyHeard': {
    permission: 'verify',
    knock: (desk, signed) => verifyHeard(desk, signed, NOBODY),
  },
  'calls/live-calls.answerGeneralQuestion': {
    permission: 'verify',
    knock: (desk, signed) => answerGeneralQuestion(desk, signed, null),
  },
  'calls/live-calls.beginCall': { permission: 'verify', knock: (desk, signed) => beginCall(desk, signed, {}) },
  'calls/live-calls.leaveCall': {
    permission: 'verify',
    knock: (desk, signed) => leaveCall(desk, signed, NONE, 'ended'),
  },
  'calls/live-calls.noteOnCall': { permission: 'verify', knock: (desk, signed) => noteOnCall(desk, signed, NONE, {}) },
  'calls/live-calls.resumeCall': { permission: 'verify', knock: (desk, signed) => resumeCall(desk, signed, '') },
  'calls/open-call.openAskedCall': {
    permission: 'verify',
    knock: (desk, signed) => openAskedCall(desk, signed, NOBODY),
  },
  'calls/verify-caller.verifyCaller': {
    permission: 'verify',
    knock: (desk, signed) =>
      verifyCaller(desk, signed, {
        account: 'none',
        caller: 'none',
        action: 'none',
        phrase: 'none',
        ticket: undefined,
      }),
  },
};
