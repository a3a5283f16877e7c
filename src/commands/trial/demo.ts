/**
 * `demo`: makes a throw-away desk with sample customers, a signed-in operator and a cheat sheet; then opens the console or, without a
 * terminal, plays a tour.
 */
import { join, resolve } from 'node:path';
import { refusal } from '../../errors.js';
import type { Block } from '../../terminal/render.js';
import { type At, type Command, command, type Result } from '../command.js';
import { NEW_FILE } from '../ports.js';
import { block, inShell, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import {
  type DemoCast,
  type MadeDesk,
  makeDemoDesk,
  runStep,
  type ScriptDesk,
  type Step,
  scriptDesk,
  typed,
} from './demo-desk.js';

async function playTour({ context, words }: At<'anyone'>, desk: ScriptDesk): Promise<Result> {
  const pages: { title: string; step: Step; stdout: string }[] = [];
  const told = async (title: string, step: Step, stdout: string) => void pages.push({ title, step, stdout });
  const made = await makeDemoDesk(context, desk, async (step, stdout) =>
    told(`An admin imports sample ${step.argv[0] === 'account' ? 'companies' : 'people'}`, step, stdout),
  );
  const agent = async (title: string, step: Step) => {
    const { stdout } = await runStep(context, desk, step);
    await told(title, step, stdout);
    return stdout;
  };
  const [maria, nancy, ana] = made.cast.callers;
  if (maria === undefined || nancy === undefined || ana === undefined)
    throw new Error('data/demo/callers.json names too few callers');
  await agent('An agent verifies a caller', verifyStep(maria));
  const wrong = verifyStep(maria, 'copper lantern over fast water');
  await agent('countersign refuses a wrong passphrase', { ...wrong, exit: 3 });
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
  const ran = pages.map(({ step }) => shellLine(step));
  const raw = [...shown, words('trial.ran'), '', ...ran, '', words('trial.over'), ''].join('\n');
  const tour = pages.map(({ title, step }) => ({ title, command: shellLine(step), exit: step.exit ?? 0 }));
  return { view: [], raw, document: { tour } };
}

const verifyStep = ({ account, login, asks, ...caller }: DemoCast['callers'][number], phrase = caller.phrase): Step =>
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
  const words = argv.map(inShell).join(' ');
  return stdin === undefined ? `  $ countersign ${words}` : `  $ echo '${stdin}' | countersign ${words}`;
}

const demo = command({
  path: 'demo',
  access: 'anyone',
  throwAway: true,
  options: ['--no-console', { flags: '--dir <folder>', path: 'here' }],
  run: async (at, given) => {
    const { context, words } = at;
    const folder = given.dir === undefined ? await context.house.temporaryFolder() : resolve(given.dir);
    if (given.dir !== undefined && (await context.files.list(folder)).length > 0)
      throw refusal('invalid-input', 'folder-not-empty', { folder }, 'new-folder');
    if (given.dir !== undefined) await context.files.makeFolder(folder);
    if (!context.options.quiet) context.notice(words('trial.making'));
    const desk = scriptDesk(folder);
    if (!context.ask.possible && given.dir === undefined) return playTour(at, desk);
    const made = await makeDemoDesk(context, desk, async () => undefined);
    if (!given.console || !context.ask.possible) return madeResult(made, given.dir !== undefined, words);
    const pages = await context.house.servePages({ ...made.env, COUNTERSIGN_TOKEN: made.token });
    await context.show([
      ...cheatSheet(made, given.dir !== undefined, words),
      ...(pages === undefined ? [] : [block.lines(...pagesLines(made, pages.address, words)), block.blank]),
    ]);
    const notes = join(folder, 'cheat-sheet.txt');
    await context.files.write(notes, cheatNotes(made, pages?.address, words), NEW_FILE);
    const exit = await context.house.hand(['console', '--notes', notes], made.env);
    await pages?.stop();
    if (given.dir === undefined) context.notice(words('trial.deleted'));
    return { view: [], document: { demo: { folder } }, exit, streamed: true };
  },
});

/** Who calls, what they want and what they would say. */
function cheatSheet(made: MadeDesk, kept: boolean, words: Words): readonly Block[] {
  const { cast } = made;
  const { name, role } = cast.operator;
  return [
    block.title(words('trial.demo-desk'), words('trial.signed-in', { name, roleTitle: role })),
    block.note(words('trial.invented', { kept: String(kept) })),
    ...cast.callers.flatMap((caller): readonly Block[] => [
      block.blank,
      block.fields(
        [words('trial.caller'), words('trial.caller-is', { ...caller, about: words.known(caller.about) })],
        [words('trial.wants'), caller.asks],
        [words('trial.says'), caller.phrase === null ? words('trial.no-phrase') : `"${caller.phrase}"`],
      ),
    ]),
    block.blank,
    block.note(words('trial.play-lead')),
    block.lines(...leadLines(made, words)),
    block.blank,
  ];
}

/** Where the customers of this desk help themselves, and as whom. */
const pagesLines = ({ cast, folder }: MadeDesk, address: string, words: Words): readonly string[] => [
  words('trial.pages', { address }),
  ...cast.portalUsers.map(({ account, login, password }) => words('trial.person', { account, login, password })),
  words('trial.mails', { folder: join(folder, 'outbox') }),
];

/** What leads to this desk; an empty one only keeps that of the shell away from the demo itself. */
const named = (env: MadeDesk['env']) => Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
const exportsOf = (env: MadeDesk['env']) =>
  Object.entries(named(env)).map(([name, value]) => `export ${name}='${value}'`);

/** How the lead signs in beside the agent: on the same desk, with another folder for the session. */
function leadLines({ cast, env, folder, leadSecret: secret }: MadeDesk, words: Words): readonly string[] {
  const { name, password } = cast.lead;
  return [
    ...exportsOf({ ...env, XDG_STATE_HOME: join(folder, 'lead') }).map((line) => `  ${line}`),
    words('trial.lead-signs-in', { name, password }),
    words('trial.lead-app', { secret }),
    words('trial.lead-does'),
  ];
}

/** A short cheat sheet for the console: shown below the first box, and with F1 on every screen. */
function cheatNotes(made: MadeDesk, address: string | undefined, words: Words): string {
  const pages = address === undefined ? [] : ['', ...pagesLines(made, address, words)];
  const lines = made.cast.callers.flatMap(({ account, login, asks, phrase, about }) => [
    words('trial.of', { login, account, about: words.known(about) }),
    words('trial.wants-says', { asks, phrase }),
  ]);
  const lead = ['', words('trial.second-terminal'), ...leadLines(made, words)];
  return [words('trial.play'), '', ...lines, ...pages, ...lead].join('\n');
}

function madeResult(made: MadeDesk, kept: boolean, words: Words): Result {
  const next: readonly Block[] = kept
    ? [
        block.next(
          ...exportsOf(made.env),
          words('trial.start-system', { command: made.startSystem }),
          'countersign whoami',
        ),
      ]
    : [block.note(words('trial.keep'))];
  return {
    view: [...cheatSheet(made, kept, words), ...next],
    document: {
      demo: {
        folder: made.folder,
        kept,
        operator: pick(made.cast.operator, 'name', 'role'),
        lead: { ...made.cast.lead, secretBase32: made.leadSecret },
        environment: named(made.env),
        callers: made.cast.callers.map(({ account, login, asks, phrase, about }) => {
          return { account, login, asks, says: phrase, about };
        }),
      },
    },
  };
}

export const commands: readonly Command[] = [demo];
