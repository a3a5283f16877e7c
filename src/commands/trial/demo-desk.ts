/** Makes the demo's desk: sample customers, phrases, portal users with factors, and a signed-in demo operator. */
import { join } from 'node:path';
import type { Context } from '../command.js';
import {
  codeFromOutbox,
  DESK_CODE,
  type DemoCast,
  runStep,
  type ScriptDesk,
  SIX_DIGITS,
  type Step,
} from './demo-script.js';

export interface MadeDesk extends ScriptDesk {
  readonly cast: DemoCast;
  /** Admin token of the throw-away desk, for the steps an agent may not take. */
  readonly token: string;
  /** Seed of the lead's authenticator app, base32: the person who plays the lead puts it into an app. */
  readonly leadSecret: string;
}

/** `told` gets each step that a person wants to see, and what it printed. */
export async function makeDemoDesk(
  context: Context,
  desk: ScriptDesk,
  cast: DemoCast,
  told: (step: Step, stdout: string) => Promise<void>,
): Promise<MadeDesk> {
  const founded = await runStep(context, desk, { argv: ['init', '--token', '--json'] });
  const { token } = JSON.parse(founded.stdout) as { token: string };
  const step = async (next: Step, tell = false) => {
    const output = await runStep(context, desk, next, token);
    if (tell) await told(next, output.stdout);
    return output;
  };
  const demo = join(context.house.dataFolder, 'demo');
  await step({ argv: ['account', 'import', join(demo, 'accounts.csv')] }, true);
  await step({ argv: ['user', 'import', join(demo, 'users.csv')] }, true);
  for (const { account, login, phrase, setUpBy } of cast.callers) {
    if (setUpBy === 'desk' && phrase !== null) {
      const setUp = ['passphrase', 'setup', login, '--account', account];
      await step({ argv: [...setUp, '--send-code'] });
      const code = await codeFromOutbox(context, desk, SIX_DIGITS);
      await step({ argv: [...setUp, '--code', code, '--passphrase-stdin'], stdin: phrase });
    }
  }
  for (const user of cast.portalUsers) await bringIn(context, desk, cast, user, step);
  const leadSecret = await begin(context, desk, cast.lead, token);
  const { name, password } = cast.operator;
  const secret = await begin(context, desk, cast.operator, token);
  const code = await context.house.appCode(secret, 0);
  await runStep(context, desk, {
    argv: ['login', '--operator', name, '--password-stdin', '--code', code],
    stdin: password,
  });
  return { ...desk, cast, token, leadSecret };
}

/** Makes an operator, who starts with the code of the step before; so the code of this one still signs in. Answers the app's secret. */
async function begin(
  context: Context,
  desk: ScriptDesk,
  { name, role, password }: DemoCast['operator'],
  token: string,
): Promise<string> {
  const added = await runStep(context, desk, { argv: ['operator', 'add', name, '--role', role, '--json'] }, token);
  const { startCode } = JSON.parse(added.stdout) as { startCode: string };
  const start = ['operator', 'start', name, '--code', startCode];
  const begun = await runStep(context, desk, { argv: [...start, '--password-stdin', '--json'], stdin: password });
  const { totp } = JSON.parse(begun.stdout) as { totp: { secretBase32: string } };
  const first = await context.house.appCode(totp.secretBase32, 1);
  await runStep(context, desk, { argv: [...start, '--totp', first] });
  return totp.secretBase32;
}

/** Takes a user through what real users do: the desk invites them, and they do the rest in the portal. */
async function bringIn(
  context: Context,
  desk: ScriptDesk,
  cast: DemoCast,
  user: DemoCast['portalUsers'][number],
  step: (next: Step) => Promise<unknown>,
): Promise<void> {
  const who = ['--account', user.account, '--as', user.login];
  await step({ argv: ['user', 'invite', `${user.account}/${user.login}`] });
  const code = await codeFromOutbox(context, desk, DESK_CODE);
  await step({ argv: ['portal', 'activate', ...who, '--code', code, '--password-stdin'], stdin: user.password });
  await step({ argv: ['portal', 'login', ...who, '--password-stdin'], stdin: user.password });
  if (user.factor !== null) {
    await step({ argv: ['portal', 'mfa', 'add', user.factor, ...who], exit: 5 });
    const first = await codeFromOutbox(context, desk, SIX_DIGITS);
    await step({ argv: ['portal', 'mfa', 'add', user.factor, ...who, '--code', first] });
  }
  const phrase = cast.callers.find((caller) => caller.login === user.login && caller.account === user.account)?.phrase;
  if (phrase != null)
    await step({ argv: ['portal', 'passphrase', 'set', ...who, '--passphrase-stdin'], stdin: phrase });
  await step({ argv: ['portal', 'logout', ...who] });
}
