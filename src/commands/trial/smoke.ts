/** `smoke`: runs a full cycle on a throw-away store, for CI: one line a step, JSON with --json, stable exit status, no network. */
import { join } from 'node:path';
import * as z from 'zod';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import {
  codeFromOutbox,
  DESK_CODE,
  runStep,
  type ScriptDesk,
  SIX_DIGITS,
  type Step,
  scriptDesk,
} from './demo-script.js';

interface SmokeStep {
  readonly name: string;
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly error?: string;
}

const smoke = command({
  path: 'smoke',
  access: 'anyone',
  throwAway: true,
  input: () => z.object({}),
  run: async (context): Promise<Result> => {
    const desk = scriptDesk(await context.house.temporaryFolder());
    const steps = await play(context, cycle(context, desk));
    const failed = steps.find((step) => !step.ok);
    return {
      view: [
        block.lines(...steps.map(lineOf)),
        block.verdict(failed === undefined ? 'ALL STEPS PASSED' : 'FAILED', failed === undefined ? 'good' : 'bad'),
      ],
      document: { smoke: { ok: failed === undefined, steps } },
      exit: failed === undefined ? 0 : 1,
    };
  },
});

const lineOf = (step: SmokeStep): string =>
  `${step.ok ? 'ok    ' : 'FAILED'} ${String(step.milliseconds).padStart(5)} ms  ${step.name}${step.error === undefined ? '' : `: ${step.error}`}`;

type Part = readonly [name: string, run: () => Promise<unknown>];

/** Runs the parts in order and stops at the first failure, because later parts need the earlier ones. */
async function play(context: Context, parts: readonly Part[]): Promise<readonly SmokeStep[]> {
  const done: SmokeStep[] = [];
  for (const [name, run] of parts) {
    const begun = context.house.now();
    try {
      await run();
      done.push({ name, ok: true, milliseconds: context.house.now() - begun });
    } catch (error) {
      done.push({
        name,
        ok: false,
        milliseconds: context.house.now() - begun,
        error: error instanceof Error ? error.message : String(error),
      });
      return done;
    }
  }
  return done;
}

const PHRASE = 'copper lantern over slow water';
const PASSWORD = 'a password for the smoke test';
const VERIFY = 'verify --account 1 --caller ana --passphrase-stdin --for';
const PORTAL = '--account 1 --as ben';

/** Runs one line as it would be typed (no word may contain a space) and returns what it printed. */
type Type = (line: string, more?: Omit<Step, 'argv'>) => Promise<string>;

function cycle(context: Context, desk: ScriptDesk): readonly Part[] {
  const kept = { token: '', grant: '' };
  const type: Type = async (line, more) =>
    (await runStep(context, desk, { argv: line.split(' '), ...more }, kept.token)).stdout;
  const founding: Part = [
    'make a desk',
    async () => {
      kept.token = (JSON.parse(await type('init --token --json')) as { token: string }).token;
    },
  ];
  return [
    founding,
    ...directoryParts(context, desk, kept, type),
    ...callParts(context, desk, type),
    ['a user sets up the portal and a factor', () => settleIn(context, desk, type)],
    ...resetParts(kept, type),
    ['verify the audit log', () => type('audit verify')],
  ];
}

function directoryParts(
  context: Context,
  desk: ScriptDesk,
  kept: { readonly token: string },
  type: Type,
): readonly Part[] {
  // The path of the samples may contain spaces, so these two lines cannot be split at spaces.
  const importFile = (noun: string, file: string) =>
    runStep(context, desk, { argv: [noun, 'import', join(context.house.dataFolder, 'demo', file)] }, kept.token);
  return [
    [
      'add an account and two users',
      async () => {
        await type('account add Smoke --number 1 --edition x-series');
        await type('user add ana --account 1 --name Ana --email ana@smoke.example --phone 030-5550101 --role admin');
        await type('user add ben --account 1 --name Ben --email ben@smoke.example --phone 030-5550102 --role user');
      },
    ],
    [
      'import the sample customers',
      async () => {
        await importFile('account', 'accounts.csv');
        await importFile('user', 'users.csv');
      },
    ],
  ];
}

function callParts(context: Context, desk: ScriptDesk, type: Type): readonly Part[] {
  const setUp = 'passphrase setup ana --account 1 --passphrase-stdin';
  return [
    ['refuse a caller without a passphrase', () => type(`${VERIFY} billing:change`, { stdin: PHRASE, exit: 3 })],
    [
      'set the first passphrase, with a code',
      async () => {
        await type(`${setUp} --send-code`);
        await type(`${setUp} --code ${await codeFromOutbox(context, desk, SIX_DIGITS)}`, { stdin: PHRASE });
      },
    ],
    ['refuse to set it again', () => type(setUp, { stdin: `other ${PHRASE}`, exit: 3 })],
    [
      'refuse a wrong passphrase',
      () => type(`${VERIFY} billing:change`, { stdin: 'something else entirely', exit: 3 }),
    ],
    ['verify the caller', () => type(`${VERIFY} billing:change`, { stdin: PHRASE.toUpperCase() })],
  ];
}

async function settleIn(context: Context, desk: ScriptDesk, type: Type): Promise<void> {
  await type('user invite 1/ben');
  const code = await codeFromOutbox(context, desk, DESK_CODE);
  await type(`portal activate ${PORTAL} --code ${code} --password-stdin`, { stdin: PASSWORD });
  await type(`portal login ${PORTAL} --password-stdin`, { stdin: PASSWORD });
  await type(`portal mfa add email ${PORTAL}`, { exit: 5 });
  await type(`portal mfa add email ${PORTAL} --code ${await codeFromOutbox(context, desk, SIX_DIGITS)}`);
}

function resetParts(kept: { grant: string }, type: Type): readonly Part[] {
  return [
    ['refuse a reset without a grant', () => type('mfa reset 1/ben', { exit: 3 })],
    [
      'verify for a reset',
      async () => {
        kept.grant =
          /gr_[0-9a-z]+/.exec(await type(`${VERIFY} login-security:mfa-reset`, { stdin: PHRASE }))?.[0] ?? '';
      },
    ],
    [
      'reset the user under the grant',
      async () => {
        const answer = await type(`mfa reset 1/ben --grant ${kept.grant} --json`);
        if (!answer.includes('"outcome":"reset"')) throw new Error(`the answer was ${answer.trim()}`);
      },
    ],
    ['refuse to use the grant twice', () => type(`mfa reset 1/ben --grant ${kept.grant}`, { exit: 3 })],
  ];
}

export const commands: readonly Command[] = [smoke];
