/**
 * `key backup`, `key restore`: a copy of the master key that only a passphrase opens. `key jwks`: the public key of the desk's events.
 * Changing the key is store.ts.
 */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { CARE_FOR_KEY, noteKeyBackup } from '../../procedures/upkeep/care-for-store.js';
import { askNewSecret, askSecret } from '../ask.js';
import { type Command, command } from '../command.js';
import { NEW_FILE } from '../ports.js';
import { block, failure } from '../wording/results.js';

/** Long, because the file opens everything and nothing limits how often its passphrase can be guessed. */
const SHORTEST = 20;

const backup = command({
  path: 'key backup',
  access: 'store:manage',
  arguments: [{ name: '<file>', path: 'writes' }],
  options: ['--passphrase-stdin'],
  own: () => ({ file: z.string().min(1) }),
  run: async ({ context, desk, signed, words }, { file, passphraseStdin }) => {
    await askAuthority(desk, signed, CARE_FOR_KEY);
    if (file !== '-') await context.files.requireNew(file);
    const asked = words('key.passphrase-for');
    const passphrase = await askNewSecret(context, passphraseStdin, '--passphrase-stdin', asked);
    if ([...passphrase].length < SHORTEST)
      throw refusal('invalid-input', 'backup-passphrase-short', { least: SHORTEST }, 'guess-proof');
    const { text, keyId } = await context.house.sealKey(passphrase);
    await noteKeyBackup(desk, signed, keyId);
    if (file === '-') return { view: [], document: null, raw: text };
    // `requireNew` has looked before the passphrase was asked for.
    await context.files.write(file, text, NEW_FILE);
    return {
      view: [
        block.verdict(words('key.backed-up')),
        block.fields([words('key.file'), file], [words('key.key'), keyId]),
        block.note(words('key.keep-apart')),
        block.next(words('key.test-it', { file })),
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
  own: () => ({ file: z.string().min(1) }),
  run: async ({ context, words }, { file, check, passphraseStdin }) => {
    const text = await context.files.readText(file);
    const asked = words('key.passphrase-of');
    const passphrase = await askSecret(context, passphraseStdin, '--passphrase-stdin', asked);
    const { keyId: id, place, fitsStore } = await context.house.openKeyBackup(text, passphrase, check);
    const error = failure(fitsStore === false, 'key-mismatch', words('key.other', { id }));
    const fits = fitsStore === null ? null : String(fitsStore);
    return {
      view: [
        block.verdict(words(check ? 'key.opens' : 'key.restored')),
        block.fields(
          [words('key.key'), id],
          [words('key.file'), place],
          [words('key.store'), words('key.fits', { fits })],
        ),
      ],
      document: { ...error, key: { id, file: place, fitsStore } },
      exit: fitsStore === false ? 8 : 0,
    };
  },
});

const jwks = command({
  path: 'key jwks',
  access: 'audit:read',
  run: async ({ desk }) => {
    const document = { keys: [desk.eventKey()] };
    return { view: [], raw: `${JSON.stringify(document, null, 2)}\n`, document };
  },
});

export const commands: readonly Command[] = [backup, restore, jwks];
