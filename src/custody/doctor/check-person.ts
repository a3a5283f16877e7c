/** Does anything prove who runs this, so that a session can belong to a person (T16)? */
import type { SetupCheck } from './check.js';

export const checkPerson: SetupCheck = {
  subject: 'Person',
  look: async ({ settings: { person } }) => {
    const subject = 'Person';
    if (person?.id !== undefined) return [{ subject, state: 'ok', text: `sessions made here belong to ${person.id}` }];
    const text = `nobody can sign in here: ${person?.why ?? 'the settings do not say who runs this'}`;
    return [
      { subject, state: 'note', text, mend: 'sign in through sudo, or use a token; see: countersign help operating' },
    ];
  },
};
