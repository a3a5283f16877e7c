/**
 * `key backup`, `key restore`: a copy of the master key that only a passphrase opens. `key jwks`: the public key of the desk's events.
 * Changing the key is store.ts.
 */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import type { OpenedKey } from '../../house.js';
import { askAuthority } from '../../procedures/authorise.js';
import { CARE_FOR_KEY, noteKeyBackup } from '../../procedures/upkeep/care-for-store.js';
import { askNewSecret, askSecret } from '../ask-secret.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

/** `requireNew` has looked before the passphrase was asked for: only a new file is written. */
const BACKUP = { what: 'an empty file', begins: /^$/ };

/** Long, because the file opens everything and nothing limits how often its passphrase can be guessed. */
const SHORTEST = 20;

const backup = command({
  path: 'key backup',
  access: 'store:manage',
  arguments: [{ name: '<file>', path: 'writes' }],
  options: ['--passphrase-stdin'],
  input: () => z.object({ file: z.string().min(1), passphraseStdin: z.boolean().default(false) }),
  run: async (context, { file, passphraseStdin }) => {
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), CARE_FOR_KEY);
    if (file !== '-') await context.files.requireNew(file);
    const passphrase = await askNewSecret(context, passphraseStdin, '--passphrase-stdin', 'Passphrase for the backup');
    if ([...passphrase].length < SHORTEST) {
      throw new Refusal('invalid-input', `the passphrase must have ${SHORTEST} characters or more`, {
        hint: 'Use six or seven words that nobody can guess. To draw some: countersign passphrase generate',
      });
    }
    const { text, keyId } = await context.house.sealKey(passphrase);
    await noteKeyBackup(desk, context.operator(), keyId);
    if (file === '-') return { view: [], document: null, raw: text };
    await context.files.write(file, text, BACKUP);
    return {
      view: [
        block.verdict('KEY BACKED UP'),
        block.fields(['File', file], ['Key', keyId]),
        block.note(
          'Keep the file apart from the store and its backups, and the passphrase apart from both. Anyone who has file and passphrase has the key. If you lose both the key and this backup, you lose every passphrase and factor.',
        ),
        block.next(`countersign key restore ${file} --check   (test it now)`),
      ],
      document: { keyBackup: { file, keyId } },
    };
  },
});

const restore = command({
  path: 'key restore',
  // Nobody can sign in to a desk without its key, so file and passphrase together are the permission.
  access: 'anyone',
  arguments: [{ name: '<file>', path: 'reads' }],
  options: ['--check', '--passphrase-stdin'],
  input: () =>
    z.object({
      file: z.string().min(1),
      check: z.boolean().default(false),
      passphraseStdin: z.boolean().default(false),
    }),
  run: async (context, { file, check, passphraseStdin }) => {
    const text = await context.files.readText(file);
    const passphrase = await askSecret(context, passphraseStdin, '--passphrase-stdin', 'Passphrase of the backup');
    const opened = await context.house.openKeyBackup(text, passphrase, check);
    return {
      view: [
        block.verdict(check ? 'THE BACKUP OPENS' : 'KEY RESTORED'),
        block.fields(['Key', opened.keyId], ...(opened.place === null ? [] : [['File', opened.place] as const]), [
          'Store',
          storeWords(opened),
        ]),
      ],
      document: { key: { id: opened.keyId, file: opened.place, fitsStore: opened.fitsStore } },
      exit: opened.fitsStore === false ? 8 : 0,
    };
  },
});

function storeWords({ fitsStore }: OpenedKey): string {
  if (fitsStore === null) return 'no store could be read; name it with --store to compare';
  return fitsStore ? 'uses this key' : 'USES ANOTHER KEY';
}

const jwks = command({
  path: 'key jwks',
  access: 'audit:read',
  input: () => z.object({}),
  run: async (context) => {
    const document = { keys: [(await context.desk()).eventKey()] };
    return { view: [], raw: `${JSON.stringify(document, null, 2)}\n`, document };
  },
});

export const commands: readonly Command[] = [backup, restore, jwks];
