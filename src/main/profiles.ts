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
    existsSync(folder)
      ? readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []))
      : [];
  return {
    shipped: () => namesIn(shipped).sort(),
    names: async () => [...new Set([...namesIn(shipped), ...namesIn(await own())])].sort(),
    read: async (name) => {
      const places = isProfileName(name) ? [shipped, await own()].map((folder) => join(folder, `${name}.json`)) : [];
      const place = places.find((file) => existsSync(file));
      return place === undefined ? undefined : readFileSync(place, 'utf8');
    },
    save: async (name, text) => {
      const { lockedBy } = await settings();
      const folder = await own();
      const file = join(folder, `${name}.json`);
      if (lockedBy !== undefined) throw pathRefused(file, lockedBy);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(file, text);
      return file;
    },
  };
}
