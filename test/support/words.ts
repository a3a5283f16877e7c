/** The sentences of screens, in a language of data/messages; waits are counted from `now`, ms. */
import { join } from 'node:path';
import { type Words, wordsOf } from '../../src/commands/wording/words.js';
import { openMessages } from '../../src/main/topic-files.js';
import { repositoryRoot } from './test-desk.js';

export const wordsAt = (now: number, language = 'en', folder = join(repositoryRoot, 'data')): Words =>
  wordsOf({ tongue: { language, read: openMessages(folder), now: () => now } });
