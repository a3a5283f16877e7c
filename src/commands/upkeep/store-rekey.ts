/** `store rekey`: a new master key, while others work. Explains first what a lost key means. */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import type { RekeyedStore } from '../../house.js';
import { askAuthority } from '../../procedures/authorise.js';
import { CARE_FOR_STORE } from '../../procedures/upkeep/care-for-store.js';
import type { View } from '../../terminal/render.js';
import { type Command, type Context, command } from '../command.js';

const rekey = command({
  path: 'store rekey',
  summary: 'a new master key: everything sealed is sealed again, while others work',
  examples: ['countersign store rekey', 'countersign store rekey --yes --json'],
  access: 'store:manage',
  input: () => z.object({}),
  run: async (context) => {
    await askAuthority(await context.desk(), context.operator(), CARE_FOR_STORE);
    await confirm(context);
    const done = await context.house.rekeyStore(context.operator());
    return { view: rekeyedView(done), document: { rekey: done } };
  },
});

const BEFORE = [
  'The key file will hold a new key. Whatever the old key opened, the new one opens; the old one opens nothing new.',
  'One-time codes and invitations that were sent and not used yet are void: send new ones.',
  'Backups made before, and other stores under the same key, still need the old key: it is kept in a file beside the new one.',
  'A backup of the key (countersign key backup) must be made anew. Other machines of this desk need the new key file.',
];

async function confirm(context: Context): Promise<void> {
  if (context.options.yes) return;
  await context.show([{ kind: 'lines', lines: BEFORE }]);
  const prompts = await context.ask.prompts('--yes');
  if (await prompts.confirm({ message: 'Change the key now?' })) return;
  throw new Refusal('cancelled', 'nothing was changed');
}

function rekeyedView(done: RekeyedStore): View {
  return [
    { kind: 'verdict', verdict: 'KEY CHANGED', tone: 'good' },
    {
      kind: 'fields',
      rows: [
        ['Key', `${done.to} in ${done.place}`],
        ['Before', done.oldKey === null ? done.from : `${done.from}, kept in ${done.oldKey}`],
        ['Sealed again', `${done.sealed} values`],
        ['Tagged again', `${done.tagged} rows`],
      ],
    },
    {
      kind: 'note',
      text:
        done.oldKey === null
          ? 'Take the old key away from the key command once no backup and no other store needs it.'
          : 'Destroy the file of the old key once no backup and no other store needs it; where it was stolen, at once.',
    },
    {
      kind: 'next',
      lines: ['countersign key backup FILE', 'countersign audit checkpoint   (it is signed by another key now)'],
    },
  ];
}

export const commands: readonly Command[] = [rekey];
