/** Is the policy in force valid? */
import type { SetupCheck } from './check.js';

export const checkPolicy: SetupCheck = {
  subject: 'Policy',
  look: async ({ policy, policyFolder }) => [
    { subject: 'Policy', state: 'ok', text: `${policy.actions.length} protected actions, from ${policyFolder}` },
  ],
};
