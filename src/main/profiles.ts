/** Profiles of tables: those that come with countersign, and the desk's own in its config folder. Part of main's room. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config.js';
import type { Profiles } from '../house.js';
import { pathRefused } from '../opening/locked-mode.js';
import { isProfileName } from '../rules/table-profile.js';
import { writeWhole } from './files.js';

export function openProfiles(dataFolder: string, settings: () => Promise<Settings>): Profiles {
  const shipped = join(dataFolder, 'profiles');
  const own = async () => join((await settings()).folders.config, 'profiles');
  const namesIn = (folder: string) =>
    (existsSync(folder) ? readdirSync(folder) : []).map((file) => file.replace(/\.json$/, '')).filter(isProfileName);
  return {
    names: async () => [...namesIn(shipped), ...namesIn(await own())].sort(),
    read: async (name) => {
      const place = [shipped, await own()].find((folder) => namesIn(folder).includes(name));
      return place === undefined ? undefined : readFileSync(join(place, `${name}.json`), 'utf8');
    },
    save: async (name, text) => {
      if (namesIn(shipped).includes(name)) return undefined;
      const file = join(await own(), `${name}.json`);
      const { lockedBy } = await settings();
      if (lockedBy !== undefined) throw pathRefused(file, lockedBy);
      mkdirSync(await own(), { recursive: true, mode: 0o700 });
      writeWhole(file, text);
      return file;
    },
  };
}
