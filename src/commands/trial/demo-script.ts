/**
 * Runs commands one after the other on a throw-away desk, as a script would: for the demo, its tour and the smoke test. Each step
 * says which exit status it expects; any other status ends the script with what the command printed.
 */
import { join } from 'node:path';
import * as z from 'zod';
import type { InnerOutput } from '../../house.js';
import type { Context } from '../command.js';

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

/** A separate desk: store, key, sessions and outbox in one folder. */
export interface ScriptDesk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export function scriptDesk(folder: string): ScriptDesk {
  return {
    folder,
    env: {
      COUNTERSIGN_STORE: join(folder, 'desk.db'),
      COUNTERSIGN_KEY_FILE: join(folder, 'master.key'),
      COUNTERSIGN_CONFIG: '',
      COUNTERSIGN_TOKEN: '',
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CONFIG_HOME: join(folder, 'config'),
    },
  };
}

/** A step that did not end as expected: a bug of ours or a broken installation. */
class StepFailed extends Error {
  constructor(step: Step, { exit, stdout, stderr }: InnerOutput) {
    super(
      `countersign ${step.argv.join(' ')} ended with ${exit} instead of ${step.exit ?? 0}: ${(stderr || stdout).trim().split('\n').join(' ')}`,
    );
  }
}

export async function runStep(context: Context, desk: ScriptDesk, step: Step, token?: string): Promise<InnerOutput> {
  const env = token === undefined ? desk.env : { ...desk.env, COUNTERSIGN_TOKEN: token };
  const argv: string[] = [];
  for (const word of step.argv) {
    const pattern = CODES.get(word);
    argv.push(pattern === undefined ? word : await codeFromOutbox(context, desk, pattern));
  }
  const output = await context.house.run(argv, {
    env,
    ...(step.stdin === undefined ? {} : { stdin: `${step.stdin}\n` }),
  });
  if (output.exit !== (step.exit ?? 0) || !output.stdout.includes(step.says ?? '')) throw new StepFailed(step, output);
  return output;
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

/** Imports the sample companies or people. */
export const importSamples = ({ house }: Context, noun: 'account' | 'user'): Step => ({
  argv: [noun, 'import', join(house.dataFolder, 'demo', `${noun}s.csv`)],
});

/** The desk's first command; answers the admin's token. */
export async function foundDesk(context: Context, desk: ScriptDesk): Promise<string> {
  const { stdout } = await runStep(context, desk, typed('init --token --json'));
  return (JSON.parse(stdout) as { token: string }).token;
}

const callersFile = z.object({
  callers: z.array(
    z.object({
      account: z.string(),
      login: z.string(),
      phrase: z.string().nullable(),
      setUpBy: z.enum(['desk', 'owner']).nullable(),
      asks: z.string(),
      about: z.string(),
    }),
  ),
  portalUsers: z.array(
    z.object({ account: z.string(), login: z.string(), password: z.string(), factor: z.string().nullable() }),
  ),
  operator: z.object({ name: z.string(), role: z.string(), password: z.string() }),
  lead: z.object({ name: z.string(), role: z.string(), password: z.string() }),
});

export type DemoCast = z.infer<typeof callersFile>;

/** Who calls in the demo and what they would say: data/demo/callers.json. */
export async function demoCast(context: Context): Promise<DemoCast> {
  return callersFile.parse(
    JSON.parse(await context.files.readText(join(context.house.dataFolder, 'demo', 'callers.json'))),
  );
}
