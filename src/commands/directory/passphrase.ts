/** `passphrase setup|generate|check`: the set-up call (B13), and phrases that belong to nobody (B21, B22). None shows a stored one. */
import { refusal } from '../../errors.js';
import { drawPhrase, requireStrong } from '../../procedures/passphrases/judge-phrase.js';
import { sendSetUpCode, setUpPassphrase } from '../../procedures/passphrases/set-up-passphrase.js';
import { languageOf } from '../../rules/language.js';
import { generatedBits, MIN_GENERATED_BITS } from '../../rules/passphrase-words.js';
import { askNewSecret, askSecret, requireShown } from '../ask.js';
import { type Command, command, wholeNumber } from '../command.js';
import { block, pick } from '../wording/results.js';
import { sayBlocks } from '../wording/words.js';
import { givenUser } from './listing-arguments.js';

const setup = command({
  path: 'passphrase setup',
  access: 'passphrase:setup',
  arguments: ['<user>'],
  options: ['--account <account>', '--send-code', '--code <code>', '--passphrase-stdin'],
  run: async ({ context, desk, signed, words }, given) => {
    const { user, account } = await givenUser(desk, given.user, given.account);
    const heard = words.in(languageOf(account, user, desk.language));
    if (given.sendCode) {
      const { sentTo, state } = await sendSetUpCode(desk, signed, { account, user });
      const line = words('setup.sent', { state, to: sentTo });
      return {
        view: [block.lines(line), ...sayBlocks(words, heard, 'aloud.read-code')],
        document: { code: { sentTo, state } },
      };
    }
    const { name } = user;
    const phrase = () =>
      askNewSecret(context, given.passphraseStdin, '--passphrase-stdin', words('setup.ask', { name }));
    await setUpPassphrase(desk, signed, { account, user }, { code: given.code, phrase });
    return {
      view: [
        block.lines(words('setup.done', { name, who: `${account.number}/${user.login}` })),
        ...sayBlocks(words, heard, 'aloud.set-up'),
      ],
      document: {
        passphrase: { set: true, by: 'desk', user: pick(user, 'id', 'login'), account: pick(account, 'id', 'number') },
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
  own: () => ({ words: wholeNumber(1, MOST_WORDS).optional() }),
  run: async ({ context, words }, given) => {
    requireShown(context);
    const book = await context.house.phrasebook();
    const count = given.words ?? book.policy.limits.passphrase.generatedWords;
    const bits = generatedBits(await book.words.passphraseWords(), count);
    if (given.words !== undefined && bits < MIN_GENERATED_BITS) {
      const facts = { count, bits: bits.toFixed(0), least: MIN_GENERATED_BITS };
      throw refusal('invalid-input', 'few-words', facts, 'more-words');
    }
    const drawn = await drawPhrase(book, count);
    return {
      view: [
        block.lines(drawn.text),
        block.blank,
        block.note(words('setup.how-to-say', { text: drawn.text, count })),
        block.note(words('setup.strength', { bits: drawn.bits.toFixed(0) })),
      ],
      document: {
        passphrase: { ...pick(drawn, 'text', 'howToSay'), words: count, bits: Math.floor(drawn.bits * 10) / 10 },
      },
    };
  },
});

const check = command({
  path: 'passphrase check',
  access: 'anyone',
  options: ['--passphrase-stdin'],
  run: async ({ context, words }, given) => {
    const book = await context.house.phrasebook();
    const phrase = await askSecret(context, given.passphraseStdin, '--passphrase-stdin', words('setup.ask-phrase'));
    await requireStrong(book, phrase);
    return {
      view: [block.lines(words('setup.strong')), block.note(words('setup.strong-note'))],
      document: { passphrase: { strong: true } },
    };
  },
});

export const commands: readonly Command[] = [setup, generate, check];
