/** Runs commands one after the other on a throw-away desk, as a script would, and so makes the desk of the demo. */
import { join } from 'node:path';
import cast from '../../../data/demo/callers.json' with { type: 'json' };
import { refusal } from '../../errors.js';
import type { InnerOutput } from '../../house.js';
import type { Context } from '../command.js';
import { NEW_FILE } from '../ports.js';

export interface Step {
  /** `{code}` and `{desk-code}` are the code in the newest message that has one. */
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** Expected exit status (default 0). */
  readonly exit?: number;
  /** What the answer must hold. */
  readonly says?: string;
}

/** A line as it would be typed, where no word has a space. */
export const typed = (line: string, more: Omit<Step, 'argv'> = {}): Step => ({ argv: line.split(' '), ...more });

export type ScriptDesk = ReturnType<typeof scriptDesk>;

/** A separate desk: store, key, sessions and outbox in one folder. */
export const scriptDesk = (folder: string) => ({
  folder,
  env: {
    COUNTERSIGN_STORE: join(folder, 'desk.db'),
    COUNTERSIGN_KEY_FILE: join(folder, 'master.key'),
    COUNTERSIGN_CONFIG: '',
    COUNTERSIGN_TOKEN: '',
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  },
});

/** A step that does not end as expected is a bug of ours or a broken installation. */
export async function runStep(context: Context, desk: ScriptDesk, step: Step, token?: string): Promise<InnerOutput> {
  const env = token === undefined ? desk.env : { ...desk.env, COUNTERSIGN_TOKEN: token };
  const argv: string[] = [];
  for (const word of step.argv) {
    const pattern = CODES.get(word);
    argv.push(pattern === undefined ? word : await codeFromOutbox(context, desk, pattern));
  }
  const output = await context.house.run(argv, { env, stdin: step.stdin === undefined ? '' : `${step.stdin}\n` });
  const { exit, stdout, stderr } = output;
  if (context.signal.aborted) throw refusal('cancelled', 'trial-interrupted', {});
  if (exit === (step.exit ?? 0) && stdout.includes(step.says ?? '')) return output;
  const answer = (stderr || stdout).trim().split('\n').join(' ');
  throw new Error(`countersign ${step.argv.join(' ')} ended with ${exit} instead of ${step.exit ?? 0}: ${answer}`);
}

/** Codes in invitations are groups of five of Crockford's symbols. */
const CODES: ReadonlyMap<string, RegExp> = new Map([
  ['{desk-code}', /\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{1,5}){1,6}\b/],
  ['{code}', /(?<=^|\s)\d{6}(?=\s|$)/m],
]);

async function codeFromOutbox(context: Context, desk: ScriptDesk, pattern: RegExp): Promise<string> {
  const folder = join(desk.folder, 'outbox');
  const names = (await context.files.list(folder)).filter((name) => name.endsWith('.eml') || name.endsWith('.txt'));
  for (const name of names.reverse()) {
    const code = pattern.exec(await context.files.readText(join(folder, name)))?.[0];
    if (code !== undefined) return code;
  }
  throw new Error(`no message in ${folder} has a code`);
}

export const importSamples = ({ house }: Context, noun: 'account' | 'user'): Step => ({
  argv: [noun, 'import', join(house.dataFolder, 'demo', `${noun}s.csv`)],
});

/** The desk's first command; answers the admin's token. */
export async function foundDesk(context: Context, desk: ScriptDesk): Promise<string> {
  const { stdout } = await runStep(context, desk, typed('init --token --json'));
  return (JSON.parse(stdout) as { token: string }).token;
}

/** Who calls in the demo and what they would say, and who works there. */
export type DemoCast = typeof cast;

export type MadeDesk = Awaited<ReturnType<typeof makeDemoDesk>>;

/** `told` gets each step that a person wants to see, and what it printed. */
export async function makeDemoDesk(
  context: Context,
  desk: ScriptDesk,
  told: (step: Step, stdout: string) => Promise<void>,
) {
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
  for (const user of cast.portalUsers) await bringIn(user, step);
  const leadSecret = await begin(context, desk, cast.lead, token);
  const { name, password } = cast.operator;
  const secret = await begin(context, desk, cast.operator, token);
  const code = await context.house.appCode(secret, 0);
  await runStep(context, desk, typed(`login --operator ${name} --password-stdin --code ${code}`, { stdin: password }));
  return {
    ...desk,
    cast,
    /** Admin token of the throw-away desk, for the steps an agent may not take. */
    token,
    /** Seed of the lead's authenticator app, base32: the person who plays the lead puts it into an app. */
    leadSecret,
    /** Starts the other system of the demo again, once this process has ended. */
    startSystem,
  };
}

/** The company whose people sign in at another system: a small one of our own, which answers like Keycloak. */
const ELSEWHERE = '100241';
const SYSTEM = 'identity-system.mjs';

/** Answers the line by which somebody who keeps the desk starts it again. */
async function startOtherSystem({ files, house, tongue }: Context, { folder }: ScriptDesk): Promise<string> {
  const config = join(folder, 'config', 'countersign');
  await files.makeFolder(config);
  await files.write(join(folder, 'identity.json'), house.shipped('demo/identity.json'), NEW_FILE);
  const address = await house.startExample(SYSTEM, [folder]);
  if (address === undefined) throw new Error(`${SYSTEM} did not start`);
  const tokenFile = join(folder, 'identity-token');
  const settings = { kind: 'keycloak', realm: 'demo', url: address, tokenFile, gate: 'link', allowPrivate: true };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  const text = `language = ${JSON.stringify(tongue.language)}\n[connectors.shop]\n${lines.join('')}`;
  await files.write(join(config, 'config.toml'), text, NEW_FILE);
  return `node '${join(house.dataFolder, 'examples', SYSTEM)}' '${folder}' ${new URL(address).port}`;
}

/** Makes an operator, who starts with the code of the step before; so the code of this one still signs in. Answers the app's secret. */
async function begin(context: Context, desk: ScriptDesk, who: DemoCast['operator'], token: string) {
  const { name, role, password } = who;
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
async function bringIn(user: DemoCast['portalUsers'][number], step: (next: Step) => Promise<unknown>) {
  const { account, login, password, factor } = user;
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
