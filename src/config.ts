/**
 * Where everything is and how the desk is set up: option, then environment, then config file, then default.
 * Pure: main reads the files and the environment and passes them in.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { Refusal } from './errors.js';

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Global options as typed; undefined if not given. */
export type GlobalOptions = { readonly [Name in 'store' | 'keyFile' | 'config']?: string | undefined } & {
  readonly [Name in 'json' | 'quiet' | 'verbose' | 'color' | 'input' | 'yes' | 'plain']: boolean;
};

export interface Folders {
  /** $XDG_DATA_HOME/countersign */
  readonly data: string;
  /** $XDG_CONFIG_HOME/countersign */
  readonly config: string;
  /** $XDG_STATE_HOME/countersign */
  readonly state: string;
}

const TEXT_NAMES = [
  'store',
  'keyFile',
  'keyCommand',
  /** Folder with the desk's own actions.json, roles.json, limits.json. */
  'policy',
  'deskName',
  /** Code of the country of telephone numbers that name none, such as `DE` (B96). */
  'country',
  /** Of screens, mails and callers where nobody has another (B98): a folder of data/messages, such as `de`. */
  'language',
  /** The alphabet by which callers spell, until F4 switches. */
  'spelling',
  'dataFolder',
  'configFolder',
  'stateFolder',
  /** What proves who the person is: a `Witness`. */
  'person',
] as const;
const SPELLINGS = ['en', 'de', 'fr'] as const;
/**
 * `locked` counts only in the machine's own file (opening/locked-mode.ts): then nothing that a person types or carries chooses settings.
 * `plain`: the console prints plain lines, as with `--plain` (E39).
 */
const SWITCH_NAMES = ['locked', 'plain'] as const;
/** `pages` says where customers find the pages: its `url` (opening/pages-url.ts). */
const TABLE_NAMES = ['mail', 'sms', 'webhook', 'sink', 'events', 'connectors', 'pages'] as const;

/** The config file, as parsed TOML. Unknown names are refused, so that a typing error is not a silent default. */
export type ConfigFile = { readonly [Name in Exclude<(typeof TEXT_NAMES)[number], 'spelling' | 'person'>]?: string } & {
  readonly spelling?: (typeof SPELLINGS)[number];
  readonly person?: Witness;
} & { readonly [Name in (typeof SWITCH_NAMES)[number]]?: boolean } & {
  readonly [Name in (typeof TABLE_NAMES)[number]]?: unknown;
};

/** What proves who runs a command. */
export const WITNESSES = ['sudo', 'ssh', 'uid'] as const;
export type Witness = (typeof WITNESSES)[number];

/** Who runs this process, as the machine knows them, such as `uid:1001`; or why nothing proves it. */
export type Person = { readonly id: string } | { readonly id: undefined; readonly why: string };

export interface Settings {
  /** Absolute path of the SQLite file, or a postgres URL. */
  readonly store: string;
  readonly engine: 'sqlite' | 'postgres';
  readonly key: { readonly file: string } | { readonly command: string };
  /** Folder for outbox and other data beside the store. */
  readonly dataFolder: string;
  readonly folders: Folders;
  /** Folder of the policy in force, or null for the one that comes with countersign. */
  readonly policyFolder: string | null;
  readonly deskName: string;
  readonly file: ConfigFile;
  readonly token: string | undefined;
  readonly person?: Person;
  readonly configFile?: string;
  /** Path of the config file that locks the settings of this machine; absent if they are not locked. */
  readonly lockedBy?: string;
}

/** A folder of the environment comes before one of the config file, and that before one in the home. */
export function foldersOf(env: Environment, fromFile: Partial<Folders> = {}): Folders {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '.';
  const folder = (name: string, fallback: string, named: string | undefined): string => {
    const value = env[name];
    if (value !== undefined && isAbsolute(value)) return join(value, 'countersign');
    return named ?? join(home, fallback, 'countersign');
  };
  return {
    data: folder('XDG_DATA_HOME', '.local/share', fromFile.data),
    config: folder('XDG_CONFIG_HOME', '.config', fromFile.config),
    state: folder('XDG_STATE_HOME', '.local/state', fromFile.state),
  };
}

export function foldersIn({ dataFolder, configFolder, stateFolder }: ConfigFile, folder: string): Partial<Folders> {
  const named = Object.entries({ data: dataFolder, config: configFolder, state: stateFolder });
  return Object.fromEntries(
    named.flatMap(([name, path]) => (path === undefined ? [] : [[name, resolve(folder, path)]])),
  );
}

/** Path of the config file. If it was named, its absence is an error. */
export function configPath(options: GlobalOptions, env: Environment): { path: string; named: boolean } {
  // Empty counts as unset: demo and smoke hide the setting of the user in this way.
  const named = options.config ?? (env['COUNTERSIGN_CONFIG'] || undefined);
  return named === undefined
    ? { path: join(foldersOf(env).config, 'config.toml'), named: false }
    : { path: resolve(named), named: true };
}

/** Checks a parsed config file. Refusal `config`, with the wrong name. */
export function readConfigFile(value: unknown, source: string): ConfigFile {
  if (typeof value !== 'object' || value === null) throw fault(source, 'the file is not a table of settings');
  for (const [name, content] of Object.entries(value)) {
    const isText = (TEXT_NAMES as readonly string[]).includes(name);
    const isTable = (TABLE_NAMES as readonly string[]).includes(name);
    const isSwitch = (SWITCH_NAMES as readonly string[]).includes(name);
    if (!isText && !isTable && !isSwitch) throw fault(source, `${name} is not a known setting`);
    if (isText && typeof content !== 'string') throw fault(source, `${name} must be text in quotes`);
    if (isSwitch && typeof content !== 'boolean') throw fault(source, `${name} must be true or false`);
    if (isTable && (typeof content !== 'object' || content === null)) throw fault(source, `[${name}] must be a table`);
  }
  const file = value as ConfigFile;
  const wrong = (name: 'person' | 'spelling', of: readonly string[]) => !of.includes(file[name] ?? of[0] ?? '');
  if (wrong('person', WITNESSES)) throw fault(source, `person must be one of ${WITNESSES.join(', ')}`);
  if (wrong('spelling', SPELLINGS)) throw fault(source, `spelling must be one of ${SPELLINGS.join(', ')}`);
  return file;
}

function fault(source: string, what: string): Refusal {
  return new Refusal('config', `${source}: ${what}`, {
    hint: `Known settings: ${[...TEXT_NAMES, ...SWITCH_NAMES].join(', ')}; tables ${TABLE_NAMES.map((name) => `[${name}]`).join(', ')}.`,
  });
}

export function resolveSettings(
  options: GlobalOptions,
  env: Environment,
  file: ConfigFile,
  configFolder: string,
): Settings {
  return settingsIn(options, env, file, { configFolder, folders: foldersOf(env, foldersIn(file, configFolder)) });
}

/** Options, environment and file joined, with these folders. */
export function settingsIn(
  options: Pick<GlobalOptions, 'store' | 'keyFile'>,
  env: Environment,
  file: ConfigFile,
  { configFolder, folders }: { readonly configFolder: string; readonly folders: Folders },
): Settings {
  const fromFile = (path: string | undefined) => (path ? resolve(configFolder, path) : undefined);
  // Empty counts as unset.
  const typed = options.store || env['COUNTERSIGN_STORE'];
  const named = typed || file.store || join(folders.data, 'desk.db');
  const engine = isAddress(named) ? 'postgres' : 'sqlite';
  const place = typed || !file.store ? resolve(named) : resolve(configFolder, named);
  return {
    store: engine === 'postgres' ? named.replace(/^\w+/, (scheme) => scheme.toLowerCase()) : place,
    engine,
    key: asFile(options.keyFile) ??
      asFile(env['COUNTERSIGN_KEY_FILE']) ??
      asCommand(env['COUNTERSIGN_KEY_COMMAND']) ??
      asFile(fromFile(file.keyFile)) ??
      asCommand(file.keyCommand) ?? { file: join(folders.config, 'master.key') },
    dataFolder: engine === 'postgres' ? folders.data : resolve(place, '..'),
    folders,
    policyFolder: fromFile(file.policy) ?? null,
    deskName: file.deskName?.trim() || 'Support desk',
    file,
    token: bareToken(env['COUNTERSIGN_TOKEN']),
  };
}

/** Secret files and env files keep what stands around a token: its line end, quotes, a byte order mark. None of it is in a token. */
const bareToken = (text: string | undefined): string | undefined =>
  text?.replace(/^[\s"']+|[\s"']+$/gu, '') || undefined;

const asFile = (path: string | undefined) => (path ? { file: resolve(path) } : undefined);
const asCommand = (command: string | undefined) => (command ? { command } : undefined);

/** Refusal `config` for any other address: as a path it would name a store that nobody meant. It may contain a password. */
function isAddress(store: string): boolean {
  const [, scheme] = /^\s*([a-z][a-z\d+.:-]+:\/\/|(?:postgres(?:ql)?|sqlite3?|file):)/i.exec(store) ?? [];
  if (scheme === undefined || isPostgres(store)) return scheme !== undefined;
  throw new Refusal('config', `an address of a store cannot begin with ${scheme}`, {
    hint: 'Write the path of a file, or postgres://user:password@host:port/database.',
  });
}

export const isPostgres = (store: string): boolean => /^postgres(ql)?:\/\//i.test(store);
