/** In which language people are spoken and written to (B98): a folder of data/messages. */
import { type ErrorCode, refusal } from '../errors.js';
import type { Account, User } from './people.js';

/** The person's own, else the company's, else the desk's. */
export const languageOf = (account: Account | null, user: User | null, desk: string): string =>
  user?.language ?? account?.language ?? desk;

/** Refusal `invalid-input`, or `config`, for one that there is not. Empty removes what was chosen. */
export function requireLanguage(language = '', languages: readonly string[], code: ErrorCode = 'invalid-input'): void {
  if (language && !languages.includes(language))
    throw refusal(code, 'language-unknown', { language, languages }, code === 'config' ? 'language-in-config' : null);
}
