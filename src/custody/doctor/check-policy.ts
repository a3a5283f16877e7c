/** Is the policy in force valid? */
import type { SetupCheck } from './check.js';

export const checkPolicy: SetupCheck = {
  subject: 'Policy',
  look: async ({ policy, policyFolder }) => [
    { subject: 'Policy', state: 'ok', text: `${policy.actions.length} protected actions, from ${policyFolder}` },
    ...policy.roles.withoutSecondFactor.map((role) => ({
      subject: 'Policy',
      state: 'note' as const,
      text: `operators with the role ${role} sign in without a second factor`,
      mend: 'remove the role from withoutSecondFactor in roles.json',
    })),
  ],
};
