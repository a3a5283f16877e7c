/** `portal passphrase show|set`: only the owner can show or set a passphrase (B14, B15, B17, B18). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import {
  SETTING_PASSPHRASE,
  setOwnPassphrase,
  VIEWING_PASSPHRASE,
  viewOwnPassphrase,
} from '../../procedures/passphrases/passphrase-of-owner.js';
import { askOwner } from '../../procedures/portal/act-as-owner.js';
import { heardAs } from '../../rules/spoken-form.js';
import { askNewSecret } from '../ask-secret.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { PORTAL_OPTIONS, type PortalGiven, portalShape } from './portal-given.js';
import { freshSession, openSession, type PortalUser, sessionWithPassword } from './portal-session.js';

const show = command({
  path: 'portal passphrase show',
  summary: 'show your passphrase, after your password and, with MFA, a code',
  examples: [
    'countersign portal passphrase show --account 100234 --as ana',
    'printf \'%s\\n\' "$PASSWORD" | countersign portal passphrase show --account 100234 --as ana --password-stdin --json',
  ],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    sessionWithPassword(context, given, VIEWING_PASSPHRASE, async ({ desk, login, viewKey }) => {
      const text = await viewOwnPassphrase(desk, login, viewKey);
      return {
        view: [
          block.title('Your passphrase'),
          block.blank,
          block.lines(text),
          block.blank,
          block.note(
            'Say it only when you have called your support desk. This view was logged, and a notice was sent to you.',
          ),
        ],
        document: { passphrase: { text } },
      };
    }),
});

const setInput = () => z.object({ ...portalShape(), passphraseStdin: z.boolean().default(false) });
type SetInput = z.infer<ReturnType<typeof setInput>>;

const set = command<SetInput>({
  path: 'portal passphrase set',
  summary: 'set or change your passphrase; the old one stops working at once',
  examples: [
    'countersign portal passphrase set --account 100234 --as ana',
    'printf \'%s\\n\' "$PHRASE" | countersign portal passphrase set --account 100234 --as ana --passphrase-stdin   (after: portal login)',
  ],
  access: 'anyone',
  options: [
    {
      flags: '--passphrase-stdin',
      about: 'read the new passphrase from standard input; needs a recent portal login',
    },
    ...PORTAL_OPTIONS,
  ],
  input: setInput,
  run: async (context, given) => {
    requireOneSecret(context, given);
    const use = (portal: PortalUser) => setPassphrase(context, given, portal);
    // Standard input has the phrase then, so it cannot also answer questions.
    return given.passphraseStdin
      ? openSession(context, given, use)
      : freshSession(context, given, SETTING_PASSPHRASE, use);
  },
});

async function setPassphrase(
  context: Context,
  given: SetInput,
  { desk, login, password }: PortalUser,
): Promise<Result> {
  await askOwner(desk, login, SETTING_PASSPHRASE);
  const phrase = await askNewSecret(context, given.passphraseStdin, '--passphrase-stdin', 'New passphrase');
  if (!given.passphraseStdin) await confirm(context);
  const done = await setOwnPassphrase(desk, login, { phrase, password });
  const keeping = done.readable
    ? 'You can look it up: countersign portal passphrase show'
    : 'It is not kept readable: remember it, or set another one when you have forgotten it.';
  return {
    view: [
      block.lines(
        done.first ? 'Your passphrase is set.' : 'Your passphrase is changed. The old one no longer works.',
        ...(given.passphraseStdin ? [] : [`It is heard as: ${heardAs(phrase)}`]),
        keeping,
      ),
    ],
    document: { passphrase: { set: true, first: done.first, readable: done.readable } },
  };
}

/** Standard input has room for one secret: `portal login` reads the password, this command the phrase. */
function requireOneSecret(context: Context, given: PortalGiven & { readonly passphraseStdin: boolean }): void {
  if (!given.passwordStdin || (!given.passphraseStdin && context.ask.possible)) return;
  throw new Refusal('usage', 'standard input carries one secret, and setting a passphrase takes two', {
    hint: 'First: countersign portal login --password-stdin   Then: countersign portal passphrase set --passphrase-stdin',
  });
}

/** Cancelling here changes nothing (B18). */
async function confirm(context: Context): Promise<void> {
  if (context.options.yes) return;
  const prompts = await context.ask.prompts('--yes');
  if (await prompts.confirm({ message: 'Save it? A passphrase you had before stops working at once' })) return;
  throw new Refusal('cancelled', 'nothing was changed');
}

export const commands: readonly Command[] = [show, set];
