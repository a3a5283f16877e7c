/**
 * LemonLDAP::NG 2.16, manager API `/api/v1/secondFactor`. What its API cannot do, tried on the real one:
 *
 *  - It knows only stored second factors, not who exists: nobody and a person without factors look alike, and the login counts as it is
 *    written. DELETE answers 200 for both, and for a login in other capitals, where it removes nothing. So a login is known only once it
 *    had a factor there.
 *  - It ends no session and suspends nobody. Forced enrolment (`sfRequired`) asks the next person who knows the password to enrol.
 */
import { factorsOf, fieldsOf, type Kind, listOf } from './answers.js';
import { openClient } from './vendor-http.js';

const ONE = '/api/v1/secondFactor/{login}';
/** No login of a person looks like this one. */
const NOBODY = { login: 'countersign-check' };

export const lemonldap: Kind = {
  gates: ['none'],
  open: (settings, outside) => {
    const { ask } = openClient(settings, outside);
    const factors = async (login: string) => factorsOf(await ask('GET', ONE, { login }), 'type', 'name');
    return {
      find: async ({ external, login }) => {
        const id = external ?? login;
        if (external === null && (await factors(login)).length === 0) return 'none';
        return { id, suspended: false, login: id, email: '' };
      },
      factors,
      reset: async (login) => void fieldsOf(await ask('DELETE', ONE, { login })),
      permissions: async () => {
        listOf(await ask('GET', ONE, NOBODY));
        const bare = openClient(settings, { ...outside, token: null }).ask('GET', ONE, NOBODY);
        const note = await bare.then(
          () => 'open-to-all' as const,
          () => 'permissions-not-shown' as const,
        );
        return { missing: [], tooMany: [], notes: [note] };
      },
    };
  },
};
