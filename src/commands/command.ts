/**
 * What a command is: what can be typed, who may type it, what the input must look like, and what it does, in that order
 * (after gh's delete.go). So tests can parse without running. A command gets everything from its Context and returns a
 * Result; it never prints, exits or reads a stream itself.
 */
import * as z from 'zod';
import help from '../../data/help/commands.json' with { type: 'json' };
import type { GlobalOptions, Settings } from '../config.js';
import type { Desk, SignedOperator } from '../desk.js';
import type { House, OutStream } from '../house.js';
import type { Permission } from '../rules/operator-roles.js';
import type { Progress } from '../terminal/progress.js';
import type { View } from '../terminal/render.js';
import type { Style } from '../terminal/style.js';
import type { Ask, Files, Sessions, Tongue } from './ports.js';
import { memberOf } from './typing/flag-names.js';
import type { TopicFiles } from './typing/help-topics.js';
import { type Words, wordsOf } from './wording/words.js';

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

export interface Command {
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
  /** Rows of options: the first cannot be used with any of the others (`apart`), or has no effect without one of them (`beside`). */
  readonly apart?: readonly (readonly string[])[];
  readonly beside?: readonly (readonly string[])[];
  /** Shape of the input. A function, so that a schema costs nothing until its command runs. */
  readonly input: () => z.ZodType;
  run(context: Context, input: never): Promise<Result>;
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

/** What a command says of itself, in data/help/commands.json by its path; `every` describes what means the same in all. */
interface HelpText extends Pick<Command, 'apart' | 'beside'> {
  readonly summary?: string;
  readonly examples?: readonly string[];
  readonly arguments?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}
const HELP: Readonly<Record<string, HelpText>> = help;

type Undescribed<Spec> = string | (Omit<Spec, 'about'> & { readonly about?: string });
export type Arguments = readonly Undescribed<ArgumentSpec>[];
export type Options = readonly Undescribed<OptionSpec>[];

type TextOf<One> = One extends { readonly flags: infer F } ? F : One extends { readonly name: infer N } ? N : One;
type Bare<T> = T extends `--no-${infer N}`
  ? N
  : T extends `--${infer N} ${string}`
    ? N
    : T extends `--${infer N}`
      ? N
      : T extends `${'<' | '['}${infer N}...${string}`
        ? N
        : T extends `${'<' | '['}${infer N}${'>' | ']'}`
          ? N
          : never;
type Camel<S> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S & string;
type ValueOf<One, T = TextOf<One>> = One extends { readonly many: true }
  ? readonly string[]
  : T extends `--${string}`
    ? T extends `${string} ${string}`
      ? string | undefined
      : boolean
    : T extends `${string}...${string}`
      ? readonly string[]
      : T extends `<${string}`
        ? string
        : string | undefined;

type Member<One> = Camel<Bare<TextOf<One>>>;
type Typed<One> = {
  readonly [O in One as undefined extends ValueOf<O> ? Member<O> : never]?: ValueOf<O>;
} & { readonly [O in One as undefined extends ValueOf<O> ? never : Member<O>]: ValueOf<O> };

/** The input, by how arguments and options are written: `--dry-run` or not, a text for `--number <n>`, texts for `[users...]`; `Own` as it says. */
export type Given<One, Own extends z.ZodRawShape = Record<never, never>> = Omit<Typed<One>, keyof Own> &
  ([keyof Own] extends [never] ? unknown : z.output<z.ZodObject<Own>>);

/** What a command works with. An operator's desk is open already, because they have signed in to it. */
export type At<Who extends Access> = { readonly context: Context; readonly words: Words } & (Who extends 'anyone'
  ? unknown
  : { readonly desk: Desk; readonly signed: SignedOperator });

/** With whom a procedure of the desk acts. */
export type Operated = At<'signed-in'>;

export interface Written<Who extends Access, A extends Arguments, O extends Options, Own extends z.ZodRawShape>
  extends Omit<Command, 'summary' | 'examples' | 'access' | 'arguments' | 'options' | 'input' | 'run'>,
    Partial<Pick<Command, 'summary' | 'examples' | 'input'>> {
  readonly access: Who;
  readonly arguments?: A;
  readonly options?: O;
  /** Members that are not taken as they are typed: numbers, one of some words, what must be given. */
  readonly own?: () => Own;
  run(at: At<Who>, given: Given<A[number] | O[number], Own>): Promise<Result>;
}

/** Adds the help and the shape of the input; drops the input's type so that all commands fit in one list: the shape checks it at run time. */
export function command<
  const Who extends Access,
  const A extends Arguments = [],
  const O extends Options = [],
  Own extends z.ZodRawShape = Record<never, never>,
>({ own, ...spec }: Written<Who, A, O, Own>): Command {
  const { arguments: names, options: flags, ...text } = HELP[spec.path] ?? {};
  const wanted = (spec.arguments ?? []).map((one) => (typeof one === 'string' ? { name: one } : one));
  const options = (spec.options ?? []).map((one) => (typeof one === 'string' ? { flags: one } : one));
  const shape = () => ({
    ...Object.fromEntries(wanted.map(({ name }) => [memberOf(name), typed(name)])),
    ...Object.fromEntries(options.map(({ flags, many }) => [memberOf(flags), typed(flags, many)])),
    ...own?.(),
  });
  return {
    ...text,
    ...spec,
    input: spec.input ?? (() => z.object(shape())),
    run: async (context: Context, given: Parameters<typeof spec.run>[1]) => {
      const signed = spec.access === 'anyone' ? {} : { desk: await context.desk(), signed: context.operator() };
      return spec.run({ context, words: wordsOf(context), ...signed } as At<Who>, given);
    },
    arguments: wanted.map((one) => ({ about: names?.[one.name] ?? HELP['every']?.arguments?.[one.name], ...one })),
    options: options.map((one) => ({ about: flags?.[one.flags] ?? HELP['every']?.options?.[one.flags], ...one })),
  } as unknown as Command;
}

const digits = () => z.string().regex(/^-?\d+$/, 'must be a whole number');
/** A whole number in digits. An empty variable of a script is none: it would count as 0. */
export const wholeNumber = (least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) =>
  digits().pipe(z.coerce.number<string>().int().min(least).max(most));

function typed(written: string, many = written.includes('...')): z.ZodType {
  if (many) return /^[[-]/.test(written) ? z.array(z.string()).default([]) : z.array(z.string());
  if (/^--\S+$/.test(written)) return z.boolean().default(/^--no-/.test(written));
  return written.startsWith('<') ? z.string() : z.string().optional();
}

/** What a command returns. `view` is the text, `document` the JSON for `--json`; they contain a secret only if it is the answer. */
export interface Result {
  readonly view: View;
  readonly document: unknown;
  /** 0 if not given (4 partly done, 5 waiting). */
  readonly exit?: number;
  /** The rows were already written through `context.rows`; under --json no document follows. */
  readonly streamed?: boolean;
  /** Printed exactly as it is, without an added newline: completion scripts, notes, exports. Data, so --quiet does not suppress it. */
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
  /** Writes data to stdout at once, for exports. --quiet does not suppress it. */
  readonly write: (text: string) => Promise<void>;
  /** Prints a result before the command has ended: what nobody may miss must be out before it counts. */
  readonly print: (result: Result) => Promise<void>;
  /** Nobody reads stdout any more: whatever only shows something ends. */
  readonly unread: () => boolean;
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
  readonly catalogue: readonly CatalogueEntry[];
  readonly topics: TopicFiles;
}

/** What main gives to the program before any command is known: streams and the few ways to reach the outside. */
export interface World {
  readonly version: string;
  readonly topics: TopicFiles;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  style(stream: 'stdout' | 'stderr', options: GlobalOptions): Style;
  canAsk(options: GlobalOptions): boolean;
  /** Refuses first what locked mode refuses. */
  context(options: GlobalOptions, spec: Command): Promise<Context>;
  /** The one place where B71 is enforced; a denial is logged. */
  authorise(spec: Command, options: GlobalOptions): Promise<void>;
  readonly tongue: Tongue;
  /** Finds out the language of the desk, if nothing has yet. Never fails. */
  speak(options: GlobalOptions): Promise<void>;
  /** A short id under which a bug can be found again. */
  reference(): string;
  close(): Promise<void>;
}
