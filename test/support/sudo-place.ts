/**
 * A machine with a service account and people who use it through sudo: real users, the real sudo, the sudoers lines of the handbook, and the
 * built program in a folder of root. Where the system allows it, all of this is in a mount namespace with its own /etc, so that the machine
 * that runs the tests is not changed; otherwise only a container is changed, and cleaned up again.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { requireBuilt } from './built-desk.js';
import { repositoryRoot } from './test-desk.js';

const SERVICE = 'countersign';
const GROUP = 'countersign-agents';
const COMMAND = '/usr/local/bin/countersign';
const SUDOERS = '/etc/sudoers.d/countersign-test';
const LOCK = '/etc/countersign/config.toml';

export interface Said {
  readonly code: number | null;
  readonly out: string;
}

export interface Given {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface SudoPlace {
  /** Folder of root that everybody can read; what people put in `share` everybody can write. */
  readonly base: string;
  readonly share: string;
  /** Folders of the desk, which only the service account can read. */
  readonly key: string;
  readonly store: string;
  readonly state: string;
  /** Runs a command as this user, with a login's groups and a small environment. */
  as(user: string, argv: readonly string[], given?: Given): Said;
  /** `sudo -u countersign countersign …` as this user. */
  desk(user: string, argv: readonly string[], given?: Given): Said;
  /** The command as the service account itself, without sudo. */
  service(argv: readonly string[], given?: Given): Said;
  uidOf(user: string): string;
  addAgent(name: string): void;
  /** Replaces the sudoers lines; says what `visudo -c` thinks of them. */
  setSudoers(lines: string): Said;
  /** Replaces the machine's config file. */
  setConfig(text: string): void;
  /** Puts another program in the place of the command. */
  setProgram(root: string): void;
  readonly program: string;
  /** A build of the sources in which these texts are replaced: known to be bad. */
  badBuild(changes: readonly (readonly [file: string, from: string, to: string])[]): string;
  close(): void;
}

/** The sudoers lines of a document, as an administrator would copy them. */
export function sudoersIn(document: string): string {
  const text = readFileSync(join(repositoryRoot, document), 'utf8');
  const block = /^( *)Defaults!\/usr\/local\/bin\/countersign [\s\S]*?SETENV: [\s\S]*?\/countersign\n/m.exec(text) ?? [
    '',
  ];
  const [lines = '', indent = ''] = block;
  return lines
    .split('\n')
    .map((line) => line.replace(indent, ''))
    .join('\n');
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function inContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv') || process.env['CI'] !== undefined;
}

const canUnshare = (): boolean => spawnSync('unshare', ['-m', 'true']).status === 0;

/** Why the suite cannot run here; undefined if it can. */
export function whyNoSudo(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const missing = ['sudo', 'visudo', 'useradd', 'groupadd', 'runuser'].filter((name) => !has(name));
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (canUnshare()) return undefined;
  if (!inContainer()) return 'would change the users of this machine';
  const taken = [COMMAND, SUDOERS, LOCK].filter((path) => existsSync(path));
  return taken.length > 0 ? `${taken.join(', ')} exists already` : undefined;
}

export async function sudoPlace(): Promise<SudoPlace> {
  requireBuilt();
  const base = mkdtempSync('/opt/countersign-sudo-');
  chmodSync(base, 0o755);
  const namespace = canUnshare() ? await openNamespace() : undefined;
  const enter = namespace === undefined ? [] : ['nsenter', '-t', String(namespace.pid), '-m', '--'];
  const run = (argv: readonly string[], { input = '', env = {} }: Given = {}): Said => {
    const [program = '', ...rest] = [...enter, ...argv];
    const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const ended = spawnSync(program, rest, { input, env: { PATH, LANG: 'C.UTF-8', TZ: 'UTC', ...env }, cwd: '/' });
    return { code: ended.status, out: `${ended.stdout}${ended.stderr}` };
  };
  const must = (...argv: string[]): string => {
    const { code, out } = run(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${out}`);
    return out.trim();
  };
  const write = (path: string, text: string, mode: string) => {
    const { code, out } = run(['sh', '-c', `cat > '${path}' && chmod ${mode} '${path}'`], { input: text });
    if (code !== 0) throw new Error(out);
  };
  if (namespace !== undefined) privateFolders(base, must);
  const users: string[] = [];
  copyFileSync(process.execPath, join(base, 'node'));
  chmodSync(join(base, 'node'), 0o755);
  // The namespace has an /etc of its own; elsewhere the file of the machine would lock the other tests out, so the program looks elsewhere.
  const lock = namespace === undefined ? join(base, 'etc-countersign/config.toml') : LOCK;
  const elsewhere = [['src/main.ts', `'${LOCK}'`, `'${lock}'`]] as const;
  const program = namespace === undefined ? builtWith(base, elsewhere) : installed(base);
  const share = join(base, 'share');
  mkdirSync(share);
  chmodSync(share, 0o1777);
  must('groupadd', GROUP);
  addUser(must, SERVICE, ['-r', '-M', '-d', join(base, 'home'), '-s', '/usr/sbin/nologin']);
  users.push(SERVICE);
  must('install', '-d', '-o', SERVICE, '-g', SERVICE, '-m', '700', join(base, 'home'), join(base, 'desk'));
  must('mkdir', '-p', join(lock, '..'));
  const place: SudoPlace = {
    base,
    share,
    key: join(base, 'desk/config/master.key'),
    store: join(base, 'desk/data/desk.db'),
    state: join(base, 'desk/state'),
    as: (user, argv, given) => run(['runuser', '-u', user, '--', ...argv], given),
    desk: (user, argv, given) => place.as(user, ['sudo', '-n', '-u', SERVICE, 'countersign', ...argv], given),
    service: (argv, given) => place.as(SERVICE, [COMMAND, ...argv], given),
    uidOf: (user) => must('id', '-u', user),
    addAgent: (name) => {
      addUser(must, name, ['-M', '-d', join(share, name), '-s', '/bin/sh', '-G', GROUP]);
      users.push(name);
      must('install', '-d', '-o', name, '-m', '755', join(share, name));
    },
    setSudoers: (lines) => {
      write(SUDOERS, lines, '0440');
      return run(['visudo', '-c', '-f', SUDOERS]);
    },
    setConfig: (text) => write(lock, text, '0644'),
    setProgram: (root) =>
      write(COMMAND, `#!/bin/sh\nexec ${join(base, 'node')} ${join(root, 'bin/countersign.js')} "$@"\n`, '0755'),
    program,
    badBuild: (changes) => builtWith(base, namespace === undefined ? [...elsewhere, ...changes] : changes),
    close: () => {
      if (namespace === undefined) {
        for (const user of users) run(['userdel', user]);
        run(['groupdel', GROUP]);
        run(['rm', '-f', SUDOERS, COMMAND]);
      }
      namespace?.child.kill('SIGKILL');
      rmSync(base, { recursive: true, force: true });
    },
  };
  place.setProgram(program);
  return place;
}

async function openNamespace(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn('unshare', ['-m', '--propagation', 'private', 'sleep', '3600'], { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('unshare did not start');
  const own = readlinkSync('/proc/self/ns/mnt');
  while (readlinkSync(`/proc/${pid}/ns/mnt`) === own) await new Promise((resolve) => setTimeout(resolve, 10));
  return { child, pid };
}

/** In the namespace /etc is a copy, and /usr/local/bin contains only the command. */
function privateFolders(base: string, must: (...argv: string[]) => string): void {
  must('cp', '-a', '/etc', join(base, 'etc'));
  must('mount', '--bind', join(base, 'etc'), '/etc');
  must('mkdir', join(base, 'bin'));
  must('mount', '--bind', join(base, 'bin'), '/usr/local/bin');
}

function addUser(must: (...argv: string[]) => string, name: string, options: readonly string[]): void {
  must('useradd', ...options, name);
}

let builds = 0;

/** The program in a folder of root; its packages are those that the first one was given. */
function installed(base: string): string {
  builds += 1;
  const root = join(base, `program-${builds}`);
  for (const part of ['bin', 'dist', 'data', 'package.json'])
    cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
  const packages = join(base, 'packages');
  if (!existsSync(packages)) copyPackages(packages);
  symlinkSync(join(packages, 'node_modules'), join(root, 'node_modules'));
  return root;
}

/** What the program needs at run time, copied by one process: it is a hundred megabytes in thousands of files. */
function copyPackages(folder: string): void {
  mkdirSync(folder);
  const { packages } = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const needed = Object.entries(packages).filter(
    ([path, { dev }]) =>
      /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true && existsSync(join(repositoryRoot, path)),
  );
  const paths = needed.map(([path]) => path);
  const copied = spawnSync('cp', ['-r', '--parents', ...paths, folder], { cwd: repositoryRoot, encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`the packages could not be copied: ${copied.stderr}`);
}

/** As `installed`, but built from sources in which these texts are replaced. */
function builtWith(base: string, changes: readonly (readonly [file: string, from: string, to: string])[]): string {
  const root = installed(base);
  const bench = `${root}-bench`;
  for (const part of ['bin', 'data', 'src', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(repositoryRoot, part), join(bench, part), { recursive: true });
  for (const [file, from, to] of changes) {
    const text = readFileSync(join(bench, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
    writeFileSync(join(bench, file), text.replace(from, to));
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(bench, 'node_modules'));
  const build = spawnSync(process.execPath, ['bin/build.mjs'], { cwd: bench, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(`the build failed: ${build.stdout}${build.stderr}`);
  rmSync(join(root, 'dist'), { recursive: true });
  cpSync(join(bench, 'dist'), join(root, 'dist'), { recursive: true });
  rmSync(bench, { recursive: true, force: true });
  return root;
}
