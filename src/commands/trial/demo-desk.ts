/** Makes the demo's desk: sample customers, phrases, portal users with factors, and a signed-in demo operator. */
import { join } from 'node:path';
import type { Context } from '../command.js';
import { type DemoCast, foundDesk, importSamples, runStep, type ScriptDesk, type Step, typed } from './demo-script.js';

export interface MadeDesk extends ScriptDesk {
  readonly cast: DemoCast;
  /** Admin token of the throw-away desk, for the steps an agent may not take. */
  readonly token: string;
  /** Seed of the lead's authenticator app, base32: the person who plays the lead puts it into an app. */
  readonly leadSecret: string;
  /** Starts the other system of the demo again, once this process has ended. */
  readonly startSystem: string;
}

/** `told` gets each step that a person wants to see, and what it printed. */
export async function makeDemoDesk(
  context: Context,
  desk: ScriptDesk,
  cast: DemoCast,
  told: (step: Step, stdout: string) => Promise<void>,
): Promise<MadeDesk> {
  const startSystem = await startOtherSystem(context, desk);
  const token = await foundDesk(context, desk);
  const step = async (next: Step, tell = false) => {
    const output = await runStep(context, desk, next, token);
    if (tell) await told(next, output.stdout);
    return output;
  };
  await step(importSamples(context, 'account'), true);
  await step(importSamples(context, 'user'), true);
  await step(typed(`account edit ${ELSEWHERE} --connector shop`));
  for (const { account, login, phrase, setUpBy } of cast.callers) {
    if (setUpBy === 'desk' && phrase !== null) {
      const setUp = `passphrase setup ${login} --account ${account}`;
      await step(typed(`${setUp} --send-code`));
      await step(typed(`${setUp} --code {code} --passphrase-stdin`, { stdin: phrase }));
    }
  }
  for (const user of cast.portalUsers) await bringIn(cast, user, step);
  const leadSecret = await begin(context, desk, cast.lead, token);
  const { name, password } = cast.operator;
  const secret = await begin(context, desk, cast.operator, token);
  const code = await context.house.appCode(secret, 0);
  await runStep(context, desk, typed(`login --operator ${name} --password-stdin --code ${code}`, { stdin: password }));
  return { ...desk, cast, token, leadSecret, startSystem };
}

/** The company whose people sign in at another system: a small one of our own, which answers like Keycloak. */
const ELSEWHERE = '100241';
const NEW = { what: 'an empty file', begins: /^$/ };
const SYSTEM = 'identity-system.mjs';

/** Answers the line by which somebody who keeps the desk starts it again. */
async function startOtherSystem({ files, house, tongue }: Context, { folder }: ScriptDesk): Promise<string> {
  const config = join(folder, 'config', 'countersign');
  await files.makeFolder(config);
  const people = await files.readText(join(house.dataFolder, 'demo', 'identity.json'));
  await files.write(join(folder, 'identity.json'), people, NEW);
  const address = await house.startExample(SYSTEM, [folder]);
  if (address === undefined) throw new Error(`${SYSTEM} did not start`);
  const settings = {
    kind: 'keycloak',
    realm: 'demo',
    url: address,
    tokenFile: join(folder, 'identity-token'),
    gate: 'link',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const text = [
    `language = ${JSON.stringify(tongue.language)}`,
    '[connectors.shop]',
    ...lines,
    'allowPrivate = true',
    '',
  ].join('\n');
  await files.write(join(config, 'config.toml'), text, NEW);
  return `node '${join(house.dataFolder, 'examples', SYSTEM)}' '${folder}' ${new URL(address).port}`;
}

/** Makes an operator, who starts with the code of the step before; so the code of this one still signs in. Answers the app's secret. */
async function begin(
  context: Context,
  desk: ScriptDesk,
  { name, role, password }: DemoCast['operator'],
  token: string,
): Promise<string> {
  const added = await runStep(context, desk, typed(`operator add ${name} --role ${role} --json`), token);
  const { startCode } = JSON.parse(added.stdout) as { startCode: string };
  const start = `operator start ${name} --code ${startCode}`;
  const begun = await runStep(context, desk, typed(`${start} --password-stdin --json`, { stdin: password }));
  const { totp } = JSON.parse(begun.stdout) as { totp: { secretBase32: string } };
  const first = await context.house.appCode(totp.secretBase32, 1);
  await runStep(context, desk, typed(`${start} --totp ${first}`));
  return totp.secretBase32;
}

/** Takes a user through what real users do: the desk invites them, and they do the rest in the portal. */
async function bringIn(
  cast: DemoCast,
  { account, login, password, factor }: DemoCast['portalUsers'][number],
  step: (next: Step) => Promise<unknown>,
): Promise<void> {
  const who = `--account ${account} --as ${login}`;
  await step(typed(`user invite ${account}/${login}`));
  await step(typed(`portal activate ${who} --code {desk-code} --password-stdin`, { stdin: password }));
  await step(typed(`portal login ${who} --password-stdin`, { stdin: password }));
  if (factor !== null) {
    await step(typed(`portal mfa add ${factor} ${who}`, { exit: 5 }));
    await step(typed(`portal mfa add ${factor} ${who} --code {code}`));
  }
  const phrase = cast.callers.find((caller) => caller.login === login && caller.account === account)?.phrase;
  if (phrase != null) await step(typed(`portal passphrase set ${who} --passphrase-stdin`, { stdin: phrase }));
  await step(typed(`portal logout ${who}`));
}
