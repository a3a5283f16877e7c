/** `passphrase setup|generate|check`: the set-up call (B13), and phrases that belong to nobody (B21, B22). None shows a stored one. */

import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import { drawPhrase, requireStrong } from '../../procedures/passphrases/judge-phrase.js';
import { sendSetUpCode, setUpPassphrase } from '../../procedures/passphrases/set-up-passphrase.js';
import { generatedBits, MIN_GENERATED_BITS } from '../../rules/passphrase-words.js';
import { askNewSecret, askSecret } from '../ask-secret.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

const setup = command({
  path: 'passphrase setup',
  access: 'passphrase:setup',
  arguments: ['<user>'],
  options: ['--account <account>', '--send-code', '--code <code>', '--passphrase-stdin'],
  input: () =>
    z.object({
      user: z.string(),
      account: z.string().optional(),
      sendCode: z.boolean().default(false),
      code: z.string().optional(),
      passphraseStdin: z.boolean().default(false),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    const signed = context.operator();
    const named = given.account === undefined ? undefined : await findAccount(desk, given.account);
    const { user, account } = await findUser(desk, given.user, named);
    if (given.sendCode) {
      const { sentTo, state } = await sendSetUpCode(desk, signed, { account, user });
      const line = `A code was ${state === 'delivered' ? 'sent' : 'queued'} to ${sentTo}. Next: passphrase setup … --code CODE`;
      return {
        view: [block.lines(line), block.say('We have sent you a code by e-mail. Please read it out to me.')],
        document: { code: { sentTo, state } },
      };
    }
    const phrase = () =>
      askNewSecret(context, given.passphraseStdin, '--passphrase-stdin', `Passphrase of ${user.name}`);
    await setUpPassphrase(desk, signed, { account, user }, { code: given.code, phrase });
    return {
      view: [
        block.lines(
          `The passphrase of ${user.name} (${account.number}/${user.login}) is set. The desk cannot change it again.`,
        ),
        block.say('Your passphrase is set. You have told it to me, so please sign in and set one that only you know.'),
      ],
      document: {
        passphrase: {
          set: true,
          by: 'desk',
          user: { id: user.id, login: user.login },
          account: { id: account.id, number: account.number },
        },
      },
    };
  },
});

/** Nobody says a phrase of more words the same way twice. */
const MOST_WORDS = 12;

const generate = command({
  path: 'passphrase generate',
  access: 'anyone',
  options: ['--words <n>'],
  input: () =>
    z.object({
      words: z.coerce
        .number(`a whole number from 1 to ${MOST_WORDS}`)
        .int()
        .min(1)
        .max(MOST_WORDS, `at most ${MOST_WORDS}`)
        .optional(),
    }),
  run: async (context, given) => {
    const book = await context.house.phrasebook();
    const words = given.words ?? book.policy.limits.passphrase.generatedWords;
    const bits = generatedBits(await book.words.passphraseWords(), words);
    if (given.words !== undefined && bits < MIN_GENERATED_BITS) {
      throw new Refusal(
        'invalid-input',
        `--words: ${words} words can be guessed (${bits.toFixed(0)} bits; ${MIN_GENERATED_BITS} are needed)`,
        { hint: 'Leave --words out, or ask for more words.' },
      );
    }
    const drawn = await drawPhrase(book, words);
    return {
      view: [
        block.lines(drawn.text),
        block.blank,
        block.note(drawn.howToSay),
        block.note(
          `Strength: ${drawn.bits.toFixed(0)} bits against an attacker who knows the word list. It was not stored.`,
        ),
      ],
      document: {
        passphrase: { text: drawn.text, howToSay: drawn.howToSay, words, bits: Math.floor(drawn.bits * 10) / 10 },
      },
    };
  },
});

const check = command({
  path: 'passphrase check',
  access: 'anyone',
  options: ['--passphrase-stdin'],
  input: () => z.object({ passphraseStdin: z.boolean().default(false) }),
  run: async (context, given) => {
    const book = await context.house.phrasebook();
    const phrase = await askSecret(context, given.passphraseStdin, '--passphrase-stdin', 'Phrase to judge');
    await requireStrong(book, phrase);
    return {
      view: [
        block.lines('Strong enough.'),
        block.note(
          'Whether it contains a name or number of the person or company is checked only when it is set for somebody.',
        ),
      ],
      document: { passphrase: { strong: true } },
    };
  },
});

export const commands: readonly Command[] = [setup, generate, check];
