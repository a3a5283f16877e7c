/** `portal passphrase show|set`: only the owner can show or set a passphrase (B14, B15, B17, B18). */
import * as z from 'zod';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../../procedures/passphrases/passphrase-of-owner.js';
import type { Command } from '../command.js';
import { block } from '../wording/blocks.js';
import { missing } from './portal-given.js';
import { portalCommand } from './portal-session.js';

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

export const commands: readonly Command[] = [show, set];
