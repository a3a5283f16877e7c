/** Has the desk accepted the policy that the settings name (B79)? */
import type { Finding } from '../../house.js';
import { notAccepted, readPin } from '../../opening/pinned-policy.js';
import { faultOf, type OpenedStore, type StoreCheck } from './check.js';

export const checkAcceptedPolicy: StoreCheck = {
  subject: 'Accepted policy',
  look: inspectPin,
};

async function inspectPin({ store, custody }: OpenedStore): Promise<readonly Finding[]> {
  const subject = 'Accepted policy';
  const pin = await readPin(custody, store);
  if (!pin.accepted) return [faultOf(subject, notAccepted(pin))];
  const text =
    pin.pinned === pin.offered.hash ? `the policy in ${pin.offered.source}` : 'the one that comes with countersign';
  return [{ subject, state: 'ok', text }];
}
