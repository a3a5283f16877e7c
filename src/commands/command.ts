/**
 * What a command is: what can be typed, who may type it, what the input must look like, and what it does, in that order
 * (after gh's delete.go). So tests can parse without running. A command gets everything from its Context and returns a
 * Result; it never prints, exits or reads a stream itself.
 */
import type * as z from 'zod';
import help from '../../data/help/commands.json' with { type: 'json' };
import type { GlobalOptions, Settings } from '../config.js';
import type { Desk, SignedOperator } from '../desk.js';
import type { House } from '../house.js';
import type { Permission } from '../rules/operator-roles.js';
import type { Progress } from '../terminal/progress.js';
import type { View } from '../terminal/render.js';
import type { Style } from '../terminal/style.js';
import type { Ask, Files, Sessions, Tongue } from './ports.js';
import type { TopicFiles } from './typing/help-topics.js';

export interface ArgumentSpec {
  /** As commander writes it: `<account>`, `[text]`, `[users...]`. */
  readonly name: string;
  readonly about: string;
  readonly path?: PathUse;
}

/**
 * What is done with a path that a person types. `reads` and `writes` take `-` for standard input or output, `here` only a real path. In locked
 * mode only `-` is allowed (T17). An address (`https://…`) is no path.
 */
export type PathUse = 'reads' | 'writes' | 'here';

export interface OptionSpec {
  /** As commander writes it: `--number <n>`, `--dry-run`, `--scope <scope...>`. */
  readonly flags: string;
  readonly about: string;
  /** May be given more than once; the values arrive as a list. */
  readonly many?: boolean;
  readonly path?: PathUse;
}

/** Who may type it: anyone, any signed-in operator, or one whose role has the permission (B71). */
export type Access = 'anyone' | 'signed-in' | Permission;

export interface Command<Input = never> {
  /** What is typed, without the program's name: `account add`. */
  readonly path: string;
  readonly summary: string;
  /** At least one whole line as a person would type it. */
  readonly examples: readonly string[];
  readonly access: Access;
  /** Works although the desk has not accepted the policy in force; the policy that comes with countersign judges then (B79). */
  readonly anyPolicy?: true;
  /** Makes a desk with settings of its own, so locked mode refuses it. */
  readonly throwAway?: true;
  /** Reports what is wrong with the settings, in place of being refused for it. */
  readonly inspects?: true;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Shape of the input, where anything can be typed. A function, so that a schema costs nothing until its command runs. */
  readonly input?: () => z.ZodType<Input>;
  run(context: Context, input: Input): Promise<Result>;
}

/** A first word that can be typed, and the file that defines its commands. */
export interface CatalogueEntry {
  readonly word: string;
  readonly summary: string;
  /** Words inside that only group commands (`portal mfa`), with their summaries. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Heading under which `--help` lists it. */
  readonly group: 'On a call' | 'Customers' | 'Resets' | 'The desk' | 'The log' | 'Set-up and care';
  readonly load: () => Promise<readonly Command[]>;
}

/** What a command says of itself, in data/help/commands.json by its path: a name or flag there is described there. */
interface HelpText {
  readonly summary?: string;
  readonly examples?: readonly string[];
  readonly arguments?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

type Undescribed<Spec> = string | (Omit<Spec, 'about'> & { readonly about?: string });

type Written<Input> = Omit<Command<Input>, 'summary' | 'examples' | 'arguments' | 'options'> &
  Partial<Pick<Command, 'summary' | 'examples'>> & {
    readonly arguments?: readonly Undescribed<ArgumentSpec>[];
    readonly options?: readonly Undescribed<OptionSpec>[];
  };

/** Adds the help; drops the input type so that all commands fit in one list: the schema checks the input at run time. */
export function command<Input>(spec: Written<Input>): Command {
  const { arguments: names, options: flags, ...text } = (help as Readonly<Record<string, HelpText>>)[spec.path] ?? {};
  const argument = (one: Undescribed<ArgumentSpec>) => (typeof one === 'string' ? { name: one } : one);
  const option = (one: Undescribed<OptionSpec>) => (typeof one === 'string' ? { flags: one } : one);
  return {
    ...text,
    ...spec,
    arguments: spec.arguments?.map(argument).map((one) => ({ about: names?.[one.name], ...one })),
    options: spec.options?.map(option).map((one) => ({ about: flags?.[one.flags], ...one })),
  } as unknown as Command;
}

/** What a command returns. `view` is the text, `document` the JSON for `--json`; they contain a secret only if it is the answer. */
export interface Result {
  readonly view: View;
  readonly document: unknown;
  /** 0 if not given (4 partly done, 5 waiting). */
  readonly exit?: number;
  /** The rows were already written through `context.rows`; under --json no document follows. */
  readonly streamed?: boolean;
  /** Printed exactly as it is, without an added newline: completion scripts, notes, exports. */
  readonly raw?: string;
  /** Runs after the answer is printed. Must not throw. */
  readonly after?: () => Promise<void>;
}

export interface Context {
  readonly options: GlobalOptions;
  readonly settings: () => Promise<Settings>;
  /** Opens store and keys on first use. */
  readonly desk: () => Promise<Desk>;
  /** The signed-in operator; only if `access` asks for one. */
  readonly operator: () => SignedOperator;
  /** Asks a person; if nobody can be asked, refuses with the name of the missing option. */
  readonly ask: Ask;
  readonly files: Files;
  readonly sessions: Sessions;
  /** Writes text to stdout at once, for exports and followed logs. It is the result, so --quiet does not suppress it. */
  readonly write: (text: string) => Promise<void>;
  /** Prints a result before the command has ended: what nobody may miss must be out before it counts. */
  readonly print: (result: Result) => Promise<void>;
  /** One NDJSON row on stdout under --json, nothing otherwise. */
  readonly row: (value: unknown) => Promise<void>;
  /** A line on stderr, unless --quiet. */
  readonly notice: (text: string) => void;
  /** Shows a view on stderr at once, for screens before a question. */
  readonly show: (view: View) => Promise<void>;
  readonly style: Style;
  readonly tongue: Tongue;
  readonly progress: (label: string, total: number) => Progress;
  /** What only main can do, for the few commands that need it. */
  readonly house: House;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP; long work checks it between steps. */
  readonly signal: AbortSignal;
  /** Everything that can be typed. */
  readonly catalogue: readonly CatalogueEntry[];
  readonly topics: TopicFiles;
}
