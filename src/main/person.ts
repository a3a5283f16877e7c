/**
 * Who runs this process (T16). One service account serves many agents, so its own uid says nothing. Part of main's room.
 *
 *   sudo   SUDO_UID, believed only if the parent process is sudo itself: its name, effective uid 0, and as its real uid the same person. The
 *          variable alone was forged in three ways; nobody can choose the real uid of a process of root.
 *   ssh    the key that sshd took, from the file in SSH_USER_AUTH (ExposeAuthInfo). sshd writes it as this account, and nobody else can.
 *   uid    the real uid of this process, where each person has an account of their own.
 */
import { lstatSync, readFileSync } from 'node:fs';
import type { Environment, Person, Witness } from '../config.js';
import { sha256 } from '../crypto/digests.js';

/** What is known of this process. */
export interface Identity {
  readonly env: Environment;
  /** Real uid; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Id of the parent process. */
  readonly parent: number;
  /** `/proc`, or a copy of it for tests. */
  readonly processes: string;
}

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
