/** What commander refuses, in our words. */
import { Refusal } from '../../errors.js';
import { CATALOGUE } from '../catalogue.js';

/** The value of an unknown option may be a secret: `--passphrase=…`, `-p…`. It is already visible in the process list; do not repeat it in the error. */
const withoutValue = (message: string): string =>
  message.replace(/(unknown option '(?:--[^=']*|-[^-']))[\s\S]*'/, "$1'");

export function usageRefusal(
  error: { readonly code: string; readonly message: string },
  word: string | undefined,
): Refusal {
  const see = CATALOGUE.some((entry) => entry.word === word) ? `countersign help ${word}` : 'countersign --help';
  const missing = error.code === 'commander.optionMissingArgument' || error.code === 'commander.missingArgument';
  const message = withoutValue(error.message)
    .replace(/^error: /, '')
    .replace(/\n/g, ' ');
  if (error.code === 'commander.help') return new Refusal('usage', 'a command is missing', { hint: `See: ${see}` });
  const advice = /--(passphrase|password|token|secret)\b/.test(message) && /unknown option/.test(message);
  return new Refusal(missing ? 'missing-option' : 'usage', message, {
    hint: advice
      ? 'Do not put a secret on the command line. Type it when asked, or use the --…-stdin option.'
      : `See: ${see}`,
  });
}
