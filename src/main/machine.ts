/** What the machine says about this process and its settings, and which commands its lock refuses (T16, T17). Part of main's room. */
import { join } from 'node:path';
import type { Command } from '../commands/command.js';
import { type Environment, foldersOf, type GlobalOptions, type Settings } from '../config.js';
import { isRefusal, Refusal } from '../errors.js';
import { type Lock, refuseTyped } from '../opening/locked-mode.js';
import { type Outside, readLock } from '../opening/read-settings.js';
import type { PathRules } from './files.js';
import { type Identity, personOf } from './person.js';
import { ownPlaces } from './typed-paths.js';

export interface Machine extends Omit<Identity, 'env'> {
  /** The config file that locks the settings, if root put one there. */
  readonly lock: Lock;
  /** Home of the account, as the system knows it, whatever HOME says. */
  readonly home: () => string;
}

export function outsideOf(env: Environment, machine: Machine): Outside {
  return {
    env,
    lock: machine.lock,
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
): PathRules {
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
