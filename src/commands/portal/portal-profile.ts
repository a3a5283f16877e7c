/** `portal profile`, `portal password`, `portal passphrase`: what is a user's own; only the owner shows or sets a passphrase (B14–B18). */
import * as z from 'zod';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../../procedures/passphrases/passphrase-of-owner.js';
import { CHANGING_PASSWORD, changeApplicationPassword } from '../../procedures/portal/application-password.js';
import { readProfile } from '../../procedures/portal/own-profile.js';
import { readSecretLines } from '../ask.js';
import { type Command, command } from '../command.js';
import { block, moments, pick } from '../wording/results.js';
import { endedFields, endedLines, missing, PORTAL_OPTIONS } from './portal-given.js';
import { portalCommand, signedInOnce } from './portal-session.js';

const profile = portalCommand({
  path: 'portal profile',
  run: async ({ desk, login, words }) => {
    const facts = await readProfile(desk, login);
    const { account, user } = login;
    const { privileges, passphrase, passwordChangedAt: at } = facts;
    const held = privileges === 'everything' ? words('owner.everything') : privileges.join(', ');
    const required = String(account.mfaRequiredAt !== null);
    const { state: phraseState, setAt, readable } = passphrase;
    const phrase = { phraseState, at: setAt, readable: String(readable) };
    return {
      view: [
        block.title(user.name, `${account.number}/${user.login}`),
        block.fields(
          [words('owner.company'), `${account.name} (${account.number})`],
          [words('directory.Edition'), words.term('editionTitle', account.edition)],
          [words('directory.Role'), words.term('roleTitle', user.role)],
          [words('owner.privileges'), held || '–'],
          [words('directory.E-mail'), user.email || words('directory.none-on-file')],
          [words('directory.Phone'), user.phone || words('directory.none-on-file')],
          [words('directory.Passphrase'), words('owner.phrase-is', phrase)],
          [words('directory.Password'), words('directory.set-at', { at })],
          [words('directory.Factors'), words('owner.second-factors', { required })],
        ),
      ],
      document: {
        profile: {
          ...pick(user, 'id', 'login', 'name', 'email', 'phone', 'role'),
          privileges,
          account: { ...pick(account, 'id', 'number', 'name', 'edition'), mfaRequired: account.mfaRequiredAt !== null },
          passphrase: { ...passphrase, ...moments(passphrase, 'setAt') },
          ...moments(facts, 'passwordChangedAt'),
        },
      },
    };
  },
});

const changePassword = command({
  path: 'portal password',
  access: 'anyone',
  options: [...PORTAL_OPTIONS.filter(({ flags }) => flags !== '--password-stdin'), '--password-stdin'],
  own: () => ({ passwordStdin: z.literal(true) }),
  run: async ({ context }, given) => {
    const what = 'two lines: the present password and the new one';
    const [password = '', next = ''] = await readSecretLines(context, '--password-stdin', what);
    return signedInOnce(context, given, { password, door: CHANGING_PASSWORD }, async (portal) => {
      const { desk, login, words, viewKey } = portal;
      const changed = await changeApplicationPassword(desk, login, { viewKey, next });
      return {
        view: [
          block.lines(words('owner.password-changed'), ...endedLines(changed, words), words('owner.passphrase-stays')),
        ],
        document: { password: { changed: true, ...endedFields(changed) } },
      };
    });
  },
});

const show = portalCommand({
  path: 'portal passphrase show',
  door: VIEWING_PASSPHRASE,
  run: async ({ context, desk, login, words, viewKey }) => {
    if (viewKey === null) throw missing(context, '--password-stdin');
    const text = await viewOwnPassphrase(desk, login, viewKey);
    return {
      view: [
        block.title(words('owner.title')),
        block.blank,
        block.lines(text),
        block.blank,
        block.note(words('owner.say-only')),
      ],
      document: { passphrase: { text } },
    };
  },
});

/** Standard input has room for one secret: `portal login` reads the password, this command the phrase. */
const set = portalCommand({
  path: 'portal passphrase set',
  options: ['--passphrase-stdin'],
  own: () => ({
    passphraseStdin: z.literal(true),
    passwordStdin: z.literal(false, { error: 'sign in before, with: countersign portal login' }).default(false),
  }),
  door: SETTING_PASSPHRASE,
  run: async ({ context, desk, login, words }) => {
    const phrase = await context.files.readSecretLine('--passphrase-stdin');
    const done = await setOwnPassphrase(desk, login, { phrase, password: null });
    return {
      view: [
        block.lines(
          words(done.first ? 'owner.set' : 'owner.changed'),
          words(done.readable ? 'owner.look-up' : 'owner.not-kept'),
        ),
      ],
      document: { passphrase: { set: true, first: done.first, readable: done.readable } },
    };
  },
});

export const commands: readonly Command[] = [profile, changePassword, show, set];
