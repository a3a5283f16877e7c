/** Can other system users read the desk's folders, or write to them? */
import { statSync } from 'node:fs';
import type { Settings } from '../../config.js';
import type { Finding } from '../../house.js';
import type { SetupCheck } from './check.js';

export const checkFolders: SetupCheck = {
  subject: 'Folders',
  look: async ({ settings }) => inspectFolders(settings),
};

function inspectFolders({ folders, dataFolder }: Settings): readonly Finding[] {
  const places = [
    ['Data folder', dataFolder],
    ['Config folder', folders.config],
    ['Session folder', folders.state],
  ] as const;
  return places.map(([subject, folder]) => {
    const facts = statSync(folder, { throwIfNoEntry: false });
    if (facts === undefined) return { subject, state: 'note', text: `${folder} is created when it is needed` };
    const mode = facts.mode & 0o777;
    if ((mode & 0o077) === 0) return { subject, state: 'ok', text: folder };
    return {
      subject,
      state: (mode & 0o022) === 0 ? 'note' : 'wrong',
      text: `other users can ${(mode & 0o022) === 0 ? 'read' : 'write to'} ${folder} (mode ${mode.toString(8)})`,
      mend: `chmod 700 '${folder}'`,
    };
  });
}
