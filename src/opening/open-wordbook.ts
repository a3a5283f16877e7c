/** Word lists and estimates for passphrases, read on first use, and the languages that there are. Part of main's room. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config.js';
import { randomBytes, randomInt } from '../crypto/digests.js';
import type { Phrasebook, Wordbook } from '../desk.js';
import { requireLanguage } from '../rules/language.js';
import type { Policy } from '../rules/policy.js';

/** What is needed to judge and draw a phrase, without store or key. */
export function openPhrasebook(policy: Policy, dataFolder: string): Phrasebook {
  return { policy, words: openWordbook(dataFolder), chance: { bytes: randomBytes, int: randomInt } };
}

function openWordbook(dataFolder: string): Wordbook {
  const lines = (file: string) =>
    readFileSync(join(dataFolder, 'words', file), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    passphraseWords: async () => lines('passphrase-words.txt'),
    blocked: async () => new Set(lines('blocked.txt')),
    estimator: async () =>
      (await import('../procedures/passphrases/passphrase-strength.js')).openStrength().guessesLog10,
    spelling: async (language) =>
      JSON.parse(readFileSync(join(dataFolder, 'words', 'spelling', `${language}.json`), 'utf8')) as unknown,
  };
}

/** Refusal `config` for a language that has no folder. */
export function languagesOf({ language = 'en' }: Settings['file'], dataFolder: string) {
  const languages = readdirSync(join(dataFolder, 'messages')).toSorted();
  requireLanguage(language, languages, 'config');
  return { language, languages };
}
