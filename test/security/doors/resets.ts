/** What the procedures of procedures/resets ask of an operator. */
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import type { Doors } from './door.js';

export const RESETS: Doors = {
  'resets/freeze.freezeResets': {
    permission: 'mfa:freeze',
    knock: (desk, signed) => freezeResets(desk, signed, { reason: null, until: null }),
  },
  'resets/freeze.thawResets': { permission: 'mfa:freeze', fresh: true, knock: thawResets },
};
