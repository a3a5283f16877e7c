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
import { wordsOf } from '../wording/words.js';
import { PORTAL_OPTIONS, type PortalGiven, portalShape } from './portal-given.js';
import { freshSession, openSession, type PortalUser, sessionWithPassword } from './portal-session.js';

const show = command({
  path: 'portal passphrase show',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    sessionWithPassword(context, given, VIEWING_PASSPHRASE, async ({ desk, login, viewKey }) => {
      const words = wordsOf(context);
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
    }),
});

const setInput = () => z.object({ ...portalShape(), passphraseStdin: z.boolean().default(false) });
type SetInput = z.infer<ReturnType<typeof setInput>>;

const set = command<SetInput>({
  path: 'portal passphrase set',
  access: 'anyone',
  options: ['--passphrase-stdin', ...PORTAL_OPTIONS],
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
  const words = wordsOf(context);
  await askOwner(desk, login, SETTING_PASSPHRASE);
  const phrase = await askNewSecret(context, given.passphraseStdin, '--passphrase-stdin', words('owner.new'));
  if (!given.passphraseStdin) await confirm(context);
  const done = await setOwnPassphrase(desk, login, { phrase, password });
  return {
    view: [
      block.lines(
        words(done.first ? 'owner.set' : 'owner.changed'),
        ...(given.passphraseStdin ? [] : [words('owner.heard-as', { text: heardAs(phrase) })]),
        words(done.readable ? 'owner.look-up' : 'owner.not-kept'),
      ),
    ],
    document: { passphrase: { set: true, first: done.first, readable: done.readable } },
  };
}

/** Standard input has room for one secret: `portal login` reads the password, this command the phrase. */
function requireOneSecret(context: Context, given: PortalGiven & { readonly passphraseStdin: boolean }): void {
  if (!given.passwordStdin || (!given.passphraseStdin && context.ask.possible)) return;
  const words = wordsOf(context);
  throw new Refusal('usage', words('owner.one-secret'), { hint: words('owner.one-secret-next') });
}

/** Cancelling here changes nothing (B18). */
async function confirm(context: Context): Promise<void> {
  if (context.options.yes) return;
  const words = wordsOf(context);
  const prompts = await context.ask.prompts('--yes');
  if (await prompts.confirm({ message: words('owner.save') })) return;
  throw new Refusal('cancelled', words('portal.nothing-was-changed'));
}

export const commands: readonly Command[] = [show, set];
