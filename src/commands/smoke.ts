/** `smoke`: a full cycle on a throw-away store, for CI: one line a step, JSON with --json, stable exit status, no network. */
import { join } from 'node:path';
import * as z from 'zod';
import { type Command, type Context, command, type Result } from './command.js';
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
  summary: 'a full cycle on a throw-away store, for CI',
  examples: ['countersign smoke', 'countersign smoke --json'],
  access: 'anyone',
  input: () => z.object({}),
  run: async (context): Promise<Result> => {
    const desk = scriptDesk(await context.house.temporaryFolder());
    const steps = await play(context, cycle(context, desk));
    const failed = steps.find((step) => !step.ok);
    return {
      view: [
        { kind: 'lines', lines: steps.map(lineOf) },
        {
          kind: 'verdict',
          verdict: failed === undefined ? 'ALL STEPS PASSED' : 'FAILED',
          tone: failed === undefined ? 'good' : 'bad',
        },
      ],
      document: { smoke: { ok: failed === undefined, steps } },
      exit: failed === undefined ? 0 : 1,
    };
  },
});

const lineOf = (step: SmokeStep): string =>
  `${step.ok ? 'ok    ' : 'FAILED'} ${String(step.milliseconds).padStart(5)} ms  ${step.name}${step.error === undefined ? '' : `: ${step.error}`}`;

type Part = readonly [name: string, run: () => Promise<unknown>];

/** In order; the first failure ends it, since what follows rests on it. */
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
const ADMIN = ['--account', '1', '--caller', 'ana', '--for'];
const PORTAL = ['--account', '1', '--as', 'ben'];

function cycle(context: Context, desk: ScriptDesk): readonly Part[] {
  const kept = { token: '', grant: '' };
  const step = (next: Step) => runStep(context, desk, next, kept.token);
  const json = async (next: Step) =>
    JSON.parse((await step({ ...next, argv: [...next.argv, '--json'] })).stdout) as Record<
      string,
      Record<string, Record<string, string>>
    >;
  return [
    [
      'make a desk',
      async () => {
        kept.token = (
          JSON.parse((await runStep(context, desk, { argv: ['init', '--token', '--json'] })).stdout) as {
            token: string;
          }
        ).token;
      },
    ],
    [
      'add an account and two users',
      async () => {
        await step({ argv: ['account', 'add', 'Smoke Test', '--number', '1', '--edition', 'x-series'] });
        await step({
          argv: [
            'user',
            'add',
            'ana',
            '--account',
            '1',
            '--name',
            'Ana Smoke',
            '--email',
            'ana@smoke.example',
            '--phone',
            '030-5550101',
            '--role',
            'admin',
          ],
        });
        await step({
          argv: [
            'user',
            'add',
            'ben',
            '--account',
            '1',
            '--name',
            'Ben Smoke',
            '--email',
            'ben@smoke.example',
            '--phone',
            '030-5550102',
            '--role',
            'user',
          ],
        });
      },
    ],
    [
      'import the sample customers',
      async () => {
        await step({ argv: ['account', 'import', join(context.house.dataFolder, 'demo', 'accounts.csv')] });
        await step({ argv: ['user', 'import', join(context.house.dataFolder, 'demo', 'users.csv')] });
      },
    ],
    [
      'refuse a caller without a passphrase',
      () => step({ argv: ['verify', ...ADMIN, 'billing:change', '--passphrase-stdin'], stdin: PHRASE, exit: 3 }),
    ],
    [
      'set the first passphrase',
      () => step({ argv: ['passphrase', 'setup', 'ana', '--account', '1', '--passphrase-stdin'], stdin: PHRASE }),
    ],
    [
      'refuse to set it again',
      () =>
        step({
          argv: ['passphrase', 'setup', 'ana', '--account', '1', '--passphrase-stdin'],
          stdin: `other ${PHRASE}`,
          exit: 3,
        }),
    ],
    [
      'refuse a wrong passphrase',
      () =>
        step({
          argv: ['verify', ...ADMIN, 'billing:change', '--passphrase-stdin'],
          stdin: 'something else entirely',
          exit: 3,
        }),
    ],
    [
      'verify the caller',
      () => step({ argv: ['verify', ...ADMIN, 'billing:change', '--passphrase-stdin'], stdin: PHRASE.toUpperCase() }),
    ],
    [
      'a user sets up the portal and a factor',
      async () => {
        await step({ argv: ['user', 'invite', '1/ben'] });
        const code = await codeFromOutbox(context, desk, DESK_CODE);
        await step({ argv: ['portal', 'activate', ...PORTAL, '--code', code, '--password-stdin'], stdin: PASSWORD });
        await step({ argv: ['portal', 'login', ...PORTAL, '--password-stdin'], stdin: PASSWORD });
        await step({ argv: ['portal', 'mfa', 'add', 'email', ...PORTAL], exit: 5 });
        await step({
          argv: ['portal', 'mfa', 'add', 'email', ...PORTAL, '--code', await codeFromOutbox(context, desk, SIX_DIGITS)],
        });
      },
    ],
    ['refuse a reset without a grant', () => step({ argv: ['mfa', 'reset', '1/ben'], exit: 3 })],
    [
      'verify for a reset',
      async () => {
        const { verification } = await json({
          argv: ['verify', ...ADMIN, 'login-security:mfa-reset', '--passphrase-stdin'],
          stdin: PHRASE,
        });
        kept.grant = verification?.['grant']?.['id'] ?? '';
      },
    ],
    [
      'reset the user under the grant',
      async () => {
        const { reset } = await json({ argv: ['mfa', 'reset', '1/ben', '--grant', kept.grant] });
        if (String(reset?.['outcome']) !== 'reset') throw new Error(`the outcome was ${String(reset?.['outcome'])}`);
      },
    ],
    ['refuse to use the grant twice', () => step({ argv: ['mfa', 'reset', '1/ben', '--grant', kept.grant], exit: 3 })],
    ['verify the audit log', () => step({ argv: ['audit', 'verify'] })],
  ];
}

export const commands: readonly Command[] = [smoke];
