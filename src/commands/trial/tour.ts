/** The tour: what `demo` shows without a terminal. It runs real commands on the throw-away desk and prints each with its answer. */
import type { At, Result } from '../command.js';
import type { Words } from '../wording/words.js';
import { makeDemoDesk } from './demo-desk.js';
import { type DemoCast, runStep, type ScriptDesk, type Step, typed } from './demo-script.js';

export async function playTour({ context, words }: At<'anyone'>, desk: ScriptDesk, cast: DemoCast): Promise<Result> {
  const pages: { title: string; step: Step; stdout: string }[] = [];
  const told = async (title: string, step: Step, stdout: string) => void pages.push({ title, step, stdout });
  const made = await makeDemoDesk(context, desk, cast, async (step, stdout) =>
    told(`An admin imports sample ${step.argv[0] === 'account' ? 'companies' : 'people'}`, step, stdout),
  );
  const agent = async (title: string, step: Step) => {
    const { stdout } = await runStep(context, desk, step);
    await told(title, step, stdout);
    return stdout;
  };
  const [maria, nancy, ana] = cast.callers;
  if (maria === undefined || nancy === undefined || ana === undefined)
    throw new Error('data/demo/callers.json names too few callers');
  await agent('An agent verifies a caller', verifyStep(maria));
  const wrong = { ...maria, phrase: 'copper lantern over fast water' };
  await agent('countersign refuses a wrong passphrase', { ...verifyStep(wrong), exit: 3 });
  await agent('countersign refuses a caller without the privilege', { ...verifyStep(nancy), exit: 3 });
  const verified = await agent('The agent verifies Ana for a reset', verifyStep(ana));
  const grant = /gr_[0-9a-z]+/.exec(verified)?.[0] ?? '';
  const reset = typed(`mfa reset ${ana.account}/margaret.peacock --grant ${grant}`);
  await agent('With the grant, the agent resets one user', reset);
  const audit = typed('audit verify');
  await told('An admin verifies the log', audit, (await runStep(context, desk, audit, made.token)).stdout);
  const served = await context.house.servePages({ ...made.env, COUNTERSIGN_TOKEN: made.token });
  const page = served === undefined ? words('trial.no-pages') : `GET ${served.address}/sign-in: ${await served.look()}`;
  await served?.stop();
  await told('Customers help themselves on pages in a browser', typed('serve'), page);
  const shown = pages.map(({ title, step, stdout }) => {
    return `${words.known(title)}\n\n${shellLine(step)}\n${indent(stdout, words)}`;
  });
  const raw =
    shown.join('\n') +
    farewell(
      pages.map(({ step }) => step),
      words,
    );
  const tour = pages.map(({ title, step }) => ({ title, command: shellLine(step), exit: step.exit ?? 0 }));
  return { view: [], raw, document: { tour } };
}

const verifyStep = ({ account, login, asks, phrase }: DemoCast['callers'][number]): Step =>
  typed(`verify --account ${account} --caller ${login} --for ${asks} --passphrase-stdin`, { stdin: phrase ?? '' });

/** Longer answers are cut so that the tour stays short. */
const LINES_SHOWN = 16;

function indent(text: string, words: Words): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length - LINES_SHOWN;
  const shown = more > 1 ? [...lines.slice(0, LINES_SHOWN), words('trial.more-lines', { more })] : lines;
  return `${shown.map((line) => (line === '' ? '' : `    ${line}`)).join('\n')}\n`;
}

/** The command as a person would type it; the phrase of the demo is public. */
function shellLine({ argv, stdin }: Step): string {
  const words = argv.map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  return stdin === undefined ? `  $ countersign ${words}` : `  $ echo '${stdin}' | countersign ${words}`;
}

const farewell = (steps: readonly Step[], words: Words): string =>
  ['', words('trial.ran'), '', ...steps.map(shellLine), '', words('trial.over'), ''].join('\n');
