/** `verify`: checks one caller for one request (B03). Options and prompts lead to the same procedure. */
import { Refusal, refusal } from '../../errors.js';
import { type CallerAlerts, callerAlerts } from '../../procedures/calls/caller-alerts.js';
import { type Call, openAskedCall } from '../../procedures/calls/open-call.js';
import { verifyCaller } from '../../procedures/calls/verify-caller.js';
import { sharedContacts } from '../../procedures/directory/find-account.js';
import { viewUser } from '../../procedures/directory/see-people.js';
import { tooShortToBeOne } from '../../rules/hearing.js';
import { languageOf } from '../../rules/language.js';
import { permits } from '../../rules/operator-roles.js';
import { askMissing } from '../ask.js';
import { type Command, command, type Operated } from '../command.js';
import { sayBlocks } from '../wording/words.js';
import { alertBlocks, alertsDocument, resultOf, withNeutralLine } from './verdict-view.js';

const verify = command({
  path: 'verify',
  access: 'verify',
  options: [
    '--account <account>',
    '--caller <user>',
    '--for <action>',
    '--passphrase-stdin',
    '--forgot',
    '--ticket <text>',
  ],
  run: async (at, given) => {
    const { context, desk, signed, words } = at;
    if (given.forgot && given.passphraseStdin) throw refusal('usage', 'forgot-and-phrase', {});
    // `--caller 100234/ana` names the account too.
    const named = given.account === undefined ? /^([^/]+)\/(.+)$/s.exec(given.caller ?? '') : null;
    const typed = { account: named?.[1] ?? given.account, caller: named?.[2] ?? given.caller, action: given.for };
    const told = given.forgot || given.passphraseStdin || !Object.values(typed).includes(undefined) ? '' : undefined;
    const { account, caller, action } = await askMissing(context, { ...typed, phrase: told }, questions(at));
    const request = { account, caller, action, ticket: given.ticket };
    const call = await openAskedCall(desk, signed, request);
    const shared = call.caller === null ? 0 : await sharedContacts(desk, call.caller);
    // As they are before the phrase is asked (B76).
    const alerts = await callerAlerts(desk, call, shared, signed.operator.id);
    const phrase = given.forgot
      ? null
      : given.passphraseStdin
        ? await context.files.readSecretLine('--passphrase-stdin')
        : await hear(at, call, alerts);
    if (given.passphraseStdin && tooShortToBeOne(phrase ?? ''))
      throw new Refusal('invalid-input', words('verdict.too-short'));
    let heard = words.in(desk.language);
    try {
      const verdict = await verifyCaller(desk, signed, { ...request, phrase });
      heard = words.in(languageOf(verdict.account, verdict.caller, desk.language));
      const mayReset = permits(desk.policy, signed.operator.role, 'mfa:reset-with-grant');
      const result = resultOf(verdict, words, heard, mayReset);
      const document = { ...(result.document as object), alerts: alertsDocument(alerts) };
      return { ...result, document, after: () => desk.sendQueued() };
    } catch (error) {
      throw await withNeutralLine(error, words, heard);
    }
  },
});

function questions({ context, desk, words }: Operated) {
  const choices = desk.policy.actions.map(({ id, title }) => {
    return { name: `${words.term('actionTitle', title)} (${id})`, value: id };
  });
  return [
    { name: 'account', option: '--account', message: words('call.account') },
    { name: 'caller', option: '--caller', message: words('call.caller') },
    { name: 'action', option: '--for', message: words('call.request'), choices },
    // Named beside others that are missing. A person is asked for it last, and reads the alerts before.
    ...(context.ask.possible ? [] : [{ name: 'phrase', option: '--passphrase-stdin', message: '' } as const]),
  ] as const;
}

/** Shows the alerts, then the sentence to say, then the prompt that hides what is typed. */
async function hear({ context, desk, signed, words }: Operated, call: Call, alerts: CallerAlerts): Promise<string> {
  const prompts = await context.ask.prompts('--passphrase-stdin');
  if (call.caller !== null)
    await viewUser(desk, signed, { account: call.account, user: call.caller }, { view: 'call' });
  const heard = words.in(languageOf(call.account, call.caller, desk.language));
  await context.show([...alertBlocks(alerts, words), ...sayBlocks(words, heard, 'aloud.ask-phrase')]);
  const { hearPhrase } = await import('./spelled.js');
  return hearPhrase(context, desk, prompts, heard);
}

export const commands: readonly Command[] = [verify];
