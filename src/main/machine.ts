/**
 * What the machine says about this process and its settings, and which commands its lock refuses (T16, T17). Part of main's room.
 *
 * Who runs this process: one service account serves many agents, so its own uid says nothing.
 *   sudo   SUDO_UID, believed only if the parent process is sudo itself: its name, effective uid 0, and as its real uid the same person. The
 *          variable alone was forged in three ways; nobody can choose the real uid of a process of root.
 *   ssh    the key that sshd took, from the file in SSH_USER_AUTH (ExposeAuthInfo). sshd writes it as this account, and nobody else can.
 *   uid    the real uid of this process, where each person has an account of their own.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../commands/command.js';
import {
  type Environment,
  foldersOf,
  type GlobalOptions,
  type Person,
  type Settings,
  type Witness,
} from '../config.js';
import { sha256 } from '../crypto/digests.js';
import { isRefusal, Refusal } from '../errors.js';
import { type Lock, refuseTyped } from '../opening/locked-mode.js';
import { type Outside, readLock } from '../opening/read-settings.js';
import { ownPlaces } from './typed-paths.js';

export interface Machine {
  /** The config file that locks the settings, if root put one there. */
  readonly lock: Lock;
  /** Home of the account, as the system knows it, whatever HOME says. */
  readonly home: () => string;
  /** Real uid; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Id of the parent process. */
  readonly parent: number;
  /** `/proc`, or a copy of it for tests. */
  readonly processes: string;
}

export function outsideOf(env: Environment, machine: Machine): Outside {
  return {
    env,
    lock: machine.lock,
    uid: machine.uid,
    // HOME too: a file there would count if the machine were not locked.
    homeFiles: () => [
      join(machine.home(), '.config/countersign/config.toml'),
      join(foldersOf(env).config, 'config.toml'),
    ],
    person: (witness) => personOf({ env, ...machine }, witness),
  };
}

/** Before a command does anything: refuses what locked mode refuses. Refusal `config`. */
export async function admit(
  spec: Pick<Command, 'path' | 'throwAway' | 'inspects'>,
  options: GlobalOptions,
  { env, machine, settings }: { env: Environment; machine: Machine; settings: () => Promise<unknown> },
): Promise<void> {
  const { lock } = machine;
  if ((await readLock(lock)) === undefined) return;
  refuseTyped(lock, options, env);
  if (spec.throwAway === true) {
    throw new Refusal('config', `${spec.path} is refused: the settings of this machine are locked (${lock.path})`, {
      hint: 'It makes a desk with settings of its own. Run it on another machine.',
    });
  }
  if (spec.inspects !== true) await settings();
}

/** What the rules for typed paths need to know. They also hold for commands that need no settings, so a broken config file is no obstacle. */
export function pathRules(
  { env, machine }: { readonly env: Environment; readonly machine: Machine },
  settings: () => Promise<Settings>,
) {
  return {
    lockedBy: async () => ((await readLock(machine.lock)) === undefined ? undefined : machine.lock.path),
    own: async () => {
      try {
        return ownPlaces(await settings());
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { folders: Object.values(foldersOf(env)), files: [] };
      }
    },
  };
}

/** What is known of this process. */
type Identity = Omit<Machine, 'lock' | 'home'> & { readonly env: Environment };

const unknown = (why: string): Person => ({ id: undefined, why });
const byUid = (uid: number | string): Person => ({ id: `uid:${uid}` });

/** Without a configured witness: whoever used sudo, and otherwise the account that runs this. */
export function personOf(self: Identity, witness: Witness | undefined): Person {
  if (witness === 'sudo') return bySudo(self);
  if (witness === 'ssh') return bySsh(self);
  const sudo = witness === undefined ? bySudo(self) : unknown('');
  if (sudo.id !== undefined) return sudo;
  return self.uid === undefined ? unknown('this system has no user ids') : byUid(self.uid);
}

/** The name to suggest at a sign-in. Under sudo, and on a machine that is shared, USER is the service account, and nobody signs in as that. */
export function suggestedName({ env }: Pick<Identity, 'env'>, shared: boolean): string {
  if (env['SUDO_UID'] !== undefined) return env['SUDO_USER'] ?? '';
  if (shared) return '';
  return env['USER'] ?? env['USERNAME'] ?? '';
}

function bySudo({ env, parent, processes }: Identity): Person {
  const claimed = env['SUDO_UID'];
  if (claimed === undefined) return unknown('countersign was not started through sudo');
  const status = readStatus(`${processes}/${parent}/status`);
  if (status === undefined) {
    return unknown('the process that started countersign cannot be read (is /proc mounted with hidepid?)');
  }
  const name = /^Name:\t(.*)$/m.exec(status)?.[1];
  const [, real, effective] = /^Uid:\t(\d+)\t(\d+)\t/m.exec(status) ?? [];
  if (name !== 'sudo' || effective !== '0') return unknown('the process that started countersign is not sudo');
  if (real !== claimed) return unknown('SUDO_UID does not name the person who used sudo');
  return byUid(real);
}

function bySsh({ env, uid }: Identity): Person {
  const file = env['SSH_USER_AUTH'];
  if (file === undefined) return unknown('sshd did not say which key was used (ExposeAuthInfo yes)');
  const facts = lstatSync(file, { throwIfNoEntry: false });
  const own = facts?.isFile() === true && facts.uid === uid && (facts.mode & 0o022) === 0;
  const key = own ? /^publickey \S+ ([A-Za-z0-9+/]+=*)\s*$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  if (key === undefined) return unknown('SSH_USER_AUTH does not name a key that sshd took');
  const digest = sha256(Buffer.from(key, 'base64')).toString('base64');
  return { id: `ssh:SHA256:${digest.replace(/=+$/, '')}` };
}

function readStatus(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
