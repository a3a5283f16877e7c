/**
 * `demo`: makes a throw-away desk with sample customers, a signed-in operator and a cheat sheet; then opens the console or, without a
 * terminal, plays a tour.
 */
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import type { Block } from '../../terminal/render.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { type MadeDesk, makeDemoDesk } from './demo-desk.js';
import { demoCast, scriptDesk } from './demo-script.js';
import { playTour } from './tour.js';

/** The folder is new, so there is nothing to replace. */
const NOTES = { what: 'an empty file', begins: /^$/ };

const input = () => z.object({ console: z.boolean().default(true), dir: z.string().optional() });
type Input = z.infer<ReturnType<typeof input>>;

const demo = command<Input>({
  path: 'demo',
  access: 'anyone',
  throwAway: true,
  options: ['--no-console', { flags: '--dir <folder>', path: 'here' }],
  input,
  run,
});

async function run(context: Context, given: Input): Promise<Result> {
  const folder = given.dir === undefined ? await context.house.temporaryFolder() : resolve(given.dir);
  if (given.dir !== undefined && (await context.files.list(folder)).length > 0) {
    throw new Refusal('invalid-input', `--dir: ${folder} is not empty`, { hint: 'Name a new folder.' });
  }
  if (given.dir !== undefined) await context.files.makeFolder(folder);
  const cast = await demoCast(context);
  if (!context.options.quiet) context.notice('Making a desk with 91 sample companies and 408 people …');
  const touring = !context.ask.possible && given.dir === undefined;
  if (touring) return playTour(context, scriptDesk(folder), cast);
  const made = await makeDemoDesk(context, scriptDesk(folder), cast, async () => undefined);
  if (!given.console || !context.ask.possible) return madeResult(made, given.dir !== undefined);
  const pages = await context.house.servePages({ ...made.env, COUNTERSIGN_TOKEN: made.token });
  await context.show([
    ...cheatSheet(made),
    ...(pages === undefined ? [] : [block.lines(...pagesLines(made, pages.address)), block.blank]),
  ]);
  const notes = join(folder, 'cheat-sheet.txt');
  await context.files.write(notes, cheatNotes(made, pages?.address), NOTES);
  const exit = await context.house.hand(['console', '--notes', notes], made.env);
  await pages?.stop();
  if (given.dir === undefined) context.notice('The demo desk was deleted.');
  return { view: [], document: { demo: { folder } }, exit, streamed: true };
}

/** Who calls, what they want and what they would say. */
function cheatSheet(made: MadeDesk): readonly Block[] {
  const { cast } = made;
  return [
    block.title('A demo desk', `signed in as ${cast.operator.name} (${cast.operator.role})`),
    block.note('All data is invented and is deleted at the end. Play these callers yourself:'),
    ...cast.callers.flatMap((caller): readonly Block[] => [
      block.blank,
      block.fields(
        ['Caller', `${caller.login} of account ${caller.account}: ${caller.about}`],
        ['Wants', caller.asks],
        ['Says', caller.phrase === null ? '(has no passphrase)' : `"${caller.phrase}"`],
      ),
    ]),
    block.blank,
    block.note('To approve, unlock, freeze or see the report, play the lead in a second terminal:'),
    block.lines(...leadLines(made)),
    block.blank,
  ];
}

/** Where the customers of this desk help themselves, and as whom. */
function pagesLines({ cast, folder }: MadeDesk, address: string): readonly string[] {
  const people = cast.portalUsers.map(
    ({ account, login, password }) => `  ${account}  ${login}  (password: ${password})`,
  );
  return [
    `The customers' pages, in a browser on this machine: ${address}`,
    ...people,
    `  Mails with their codes: ${join(folder, 'outbox')}`,
  ];
}

/** How the lead signs in beside the agent: on the same desk, with another folder for the session. */
function leadLines({ cast, env, folder, leadSecret }: MadeDesk): readonly string[] {
  return [
    `  export COUNTERSIGN_STORE='${env['COUNTERSIGN_STORE'] ?? ''}'`,
    `  export COUNTERSIGN_KEY_FILE='${env['COUNTERSIGN_KEY_FILE'] ?? ''}'`,
    `  export XDG_STATE_HOME='${join(folder, 'lead')}'`,
    `  countersign login --operator ${cast.lead.name}        (password: ${cast.lead.password})`,
    `  Put this secret into an authenticator app: ${leadSecret}`,
    '  Then: countersign approval list, mfa freeze, mfa thaw, report',
  ];
}

/** A short cheat sheet for the console: shown below the first box, and with F1 on every screen. */
function cheatNotes(made: MadeDesk, address: string | undefined): string {
  const { cast } = made;
  const pages = address === undefined ? [] : ['', ...pagesLines(made, address)];
  const lines = cast.callers.flatMap(({ account, login, asks, phrase, about }) => [
    `${login} of ${account}: ${about}`,
    `  wants ${asks}, says ${phrase === null ? 'nothing' : `"${phrase}"`}`,
  ]);
  const lead = ['', 'To approve, unlock, freeze or see the report, in a second terminal:', ...leadLines(made)];
  return [
    'A demo desk: play the callers yourself. F1 shows this again on every screen.',
    '',
    ...lines,
    ...pages,
    ...lead,
  ].join('\n');
}

const SHOWN = ['COUNTERSIGN_STORE', 'COUNTERSIGN_KEY_FILE', 'XDG_STATE_HOME'];

function madeResult(made: MadeDesk, kept: boolean): Result {
  const exports = SHOWN.map((name) => `export ${name}='${made.env[name] ?? ''}'`);
  const next: readonly Block[] = kept
    ? [block.next(...exports, `${made.startSystem}   (in a second terminal: the other system)`, 'countersign whoami')]
    : [block.note('The demo desk was deleted. Use --dir to keep it.')];
  return {
    view: [...cheatSheet(made), ...next],
    document: {
      demo: {
        folder: made.folder,
        kept,
        operator: { name: made.cast.operator.name, role: made.cast.operator.role },
        lead: { ...made.cast.lead, secretBase32: made.leadSecret },
        environment: Object.fromEntries(SHOWN.map((name) => [name, made.env[name] ?? ''])),
        callers: made.cast.callers.map(({ account, login, asks, phrase, about }) => ({
          account,
          login,
          asks,
          says: phrase,
          about,
        })),
      },
    },
  };
}

export const commands: readonly Command[] = [demo];
