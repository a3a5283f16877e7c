/** `store rekey`: replaces the master key while others work. Explains the consequences first. */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import type { RekeyedStore } from '../../house.js';
import { askAuthority } from '../../procedures/authorise.js';
import { CARE_FOR_KEY } from '../../procedures/upkeep/care-for-store.js';
import type { View } from '../../terminal/render.js';
import { type Command, type Context, command } from '../command.js';
import { block } from '../wording/blocks.js';

const rekey = command({
  path: 'store rekey',
  access: 'store:manage',
  input: () => z.object({}),
  run: async (context) => {
    await askAuthority(await context.desk(), context.operator(), CARE_FOR_KEY);
    await confirm(context);
    const done = await context.house.rekeyStore(context.operator());
    return { view: rekeyedView(done), document: { rekey: done } };
  },
});

const BEFORE = [
  'A new key replaces the key in the key file. The new key opens every secret of this store; the old key no longer does.',
  'One-time codes and invitations that were sent but not used stop working. Send new ones.',
  'Older backups, and other stores with the same key, still need the old key. It is kept in a file beside the new one.',
  'Afterwards, back up the new key (countersign key backup) and copy the key file to the other machines of this desk.',
];

async function confirm(context: Context): Promise<void> {
  if (context.options.yes) return;
  await context.show([block.lines(...BEFORE)]);
  const prompts = await context.ask.prompts('--yes');
  if (await prompts.confirm({ message: 'Change the key now?' })) return;
  throw new Refusal('cancelled', 'nothing was changed');
}

function rekeyedView(done: RekeyedStore): View {
  return [
    block.verdict('KEY CHANGED'),
    block.fields(
      ['Key', `${done.to} in ${done.place}`],
      ['Old key', done.oldKey === null ? done.from : `${done.from}, kept in ${done.oldKey}`],
      ['Sealed again', `${done.sealed} values`],
      ['Tagged again', `${done.tagged} rows`],
    ),
    block.note(
      done.oldKey === null
        ? 'Remove the old key from the key command when no backup and no other store needs it.'
        : 'Delete the file of the old key when no backup and no other store needs it. If the old key was stolen, delete it now.',
    ),
    block.next('countersign key backup FILE', 'countersign audit checkpoint   (the new key signs it)'),
  ];
}

export const commands: readonly Command[] = [rekey];
