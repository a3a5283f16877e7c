/**
 * LemonLDAP::NG 2.16, manager API `/api/v1/secondFactor`. What its API cannot do, tried on the real one:
 *
 *  - It knows only stored second factors, not who exists: nobody and a person without factors look alike, and the login counts as it is
 *    written. DELETE answers 200 for both, and for a login in other capitals, where it removes nothing.
 *  - It ends no session and suspends nobody. Forced enrolment (`sfRequired`) asks the next person who knows the password to enrol.
 */
import { checked, fieldsOf, listOf, optionalText, textOf } from './answers.js';
import { type Gate, Trouble } from './connector.js';
import { type OpenKind, openClient } from './open-kind.js';

export const gates: readonly Gate[] = ['none'];

const ONE = '/api/v1/secondFactor/{login}';
/** No login of a person looks like this one. */
const NOBODY = { login: 'countersign-check' };

export const open: OpenKind = (settings, outside) => {
  const { ask } = openClient(settings, outside, (token) => `Bearer ${token}`);
  const { ask: bare } = openClient({ ...settings, token: null }, outside, () => '');
  return {
    find: async ({ external, login }) => ({ id: external ?? login, suspended: false }),
    factors: async (login) =>
      listOf(await ask('GET', ONE, { login })).map((factor) => ({
        kind: textOf(factor, 'type'),
        name: optionalText(factor, 'name'),
        id: optionalText(factor, 'id'),
      })),
    reset: async (login) => {
      fieldsOf(await ask('DELETE', ONE, { login }));
    },
    endSessions: async () => 'not-possible',
    gate: async () => {
      throw new Trouble('gate-not-possible');
    },
    lift: async () => undefined,
    check: () =>
      checked(async () => {
        listOf(await ask('GET', ONE, NOBODY));
        const open = await bare('GET', ONE, NOBODY).then(
          () => true,
          () => false,
        );
        return { missing: [], tooMany: [], notes: open ? ['open-to-all'] : ['permissions-not-shown'] };
      }),
  };
};
