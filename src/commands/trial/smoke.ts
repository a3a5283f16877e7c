/** `smoke`: runs a full cycle on a throw-away store, for CI: one line a step, JSON with --json, stable exit status, no network. */
import { isRefusal } from '../../errors.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { foundDesk, importSamples, runStep, type ScriptDesk, type Step, scriptDesk, typed } from './demo-desk.js';

const smoke = command({
  path: 'smoke',
  access: 'anyone',
  throwAway: true,
  run: async ({ context, words }): Promise<Result> => {
    const desk = scriptDesk(await context.house.temporaryFolder());
    const steps = await play(context, desk);
    const failed = steps.find((step) => !step.ok);
    return {
      view: [
        block.lines(...steps.map((step) => lineOf(step, words))),
        failed === undefined ? block.verdict(words('trial.passed')) : block.verdict(words('trial.failed'), 'bad'),
      ],
      document: { smoke: { ok: failed === undefined, steps } },
      exit: failed === undefined ? 0 : 1,
    };
  },
});

function lineOf({ ok, milliseconds, name, error }: Played[number], words: Words): string {
  const how = ok ? 'ok    ' : words('trial.failed');
  return `${how} ${String(milliseconds).padStart(5)} ms  ${words.known(name)}${error === undefined ? '' : `: ${error}`}`;
}

const PHRASE = 'copper lantern over slow water';
const PASSWORD = 'seven herons try the smoke test';
const VERIFY = 'verify --account 1 --caller ana --passphrase-stdin --for';
const SET_UP = 'passphrase setup ana --account 1 --passphrase-stdin';
const PORTAL = '--account 1 --as ben';
const RESET = 'mfa reset 1/ben';

type Part = readonly [name: string, ...steps: readonly Step[]];

/** `{grant}` is the one that was given last. */
const partsOf = (context: Context): readonly Part[] => [
  [
    'add an account and two users',
    typed('account add Smoke --number 1 --edition x-series'),
    typed('user add ana --account 1 --name Ana --email ana@smoke.example --phone 030-5550101 --role admin'),
    typed('user add ben --account 1 --name Ben --email ben@smoke.example --phone 030-5550102 --role user'),
  ],
  ['import the sample customers', importSamples(context, 'account'), importSamples(context, 'user')],
  ['refuse a caller without a passphrase', typed(`${VERIFY} billing:change`, { stdin: PHRASE, exit: 3 })],
  [
    'set the first passphrase, with a code',
    typed(`${SET_UP} --send-code`),
    typed(`${SET_UP} --code {code}`, { stdin: PHRASE }),
  ],
  ['refuse to set it again', typed(SET_UP, { stdin: `other ${PHRASE}`, exit: 3 })],
  ['refuse a wrong passphrase', typed(`${VERIFY} billing:change`, { stdin: 'something else entirely', exit: 3 })],
  ['verify the caller', typed(`${VERIFY} billing:change`, { stdin: PHRASE.toUpperCase() })],
  [
    'a user sets up the portal and a factor',
    typed('user invite 1/ben'),
    typed(`portal activate ${PORTAL} --code {desk-code} --password-stdin`, { stdin: PASSWORD }),
    typed(`portal login ${PORTAL} --password-stdin`, { stdin: PASSWORD }),
    typed(`portal mfa add email ${PORTAL}`, { exit: 5 }),
    typed(`portal mfa add email ${PORTAL} --code {code}`),
  ],
  ['refuse a reset without a grant', typed(RESET, { exit: 3 })],
  ['verify for a reset', typed(`${VERIFY} login-security:mfa-reset`, { stdin: PHRASE })],
  ['reset the user under the grant', typed(`${RESET} --grant {grant} --json`, { says: '"outcome":"reset"' })],
  ['refuse to use the grant twice', typed(`${RESET} --grant {grant}`, { exit: 3 })],
  ['verify the audit log', typed('audit verify')],
];

type Played = Awaited<ReturnType<typeof play>>;

/** Plays the parts in order and stops at the first failure, because later parts need the earlier ones. */
async function play(context: Context, desk: ScriptDesk) {
  const done: { name: string; ok: boolean; milliseconds: number; error: string | undefined }[] = [];
  const kept = { token: '', grant: '' };
  const found = async () => {
    kept.token = await foundDesk(context, desk);
  };
  const playPart = async (steps: readonly Step[]) => {
    for (const step of steps) {
      const argv = step.argv.map((word) => word.replace('{grant}', kept.grant));
      const { stdout } = await runStep(context, desk, { ...step, argv }, kept.token);
      kept.grant = /gr_[0-9a-z]+/.exec(stdout)?.[0] ?? kept.grant;
    }
  };
  const parts = partsOf(context).map(([name, ...steps]) => [name, () => playPart(steps)] as const);
  for (const [name, run] of [['make a desk', found] as const, ...parts]) {
    const begun = context.house.now();
    const error = await run().then(
      () => undefined,
      (fault: unknown) => (fault instanceof Error && !isRefusal(fault) ? fault.message : Promise.reject(fault)),
    );
    done.push({ name, ok: error === undefined, milliseconds: context.house.now() - begun, error });
    if (error !== undefined) break;
  }
  return done;
}

export const commands: readonly Command[] = [smoke];
