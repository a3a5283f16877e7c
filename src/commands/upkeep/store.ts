/** `store …`: looks after the store as a whole. A copy never contains the master key. */

import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, Refusal, refusal } from '../../errors.js';
import type { RekeyedStore, RestoredStore } from '../../house.js';
import { askAuthority } from '../../procedures/authorise.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { secondOperator } from '../../procedures/operators/second-operator.js';
import {
  backUpStore,
  CARE_FOR_KEY,
  CARE_FOR_STORE,
  type StoreInfo,
  storeInfo,
} from '../../procedures/upkeep/care-for-store.js';
import type { Actor } from '../../rules/audit-entry.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { approverInput, approverOptions, askSecondOperator } from '../ask-approver.js';
import { type Command, type Context, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { commands as mendingClock } from './store-clock.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const info = command({
  path: 'store info',
  access: 'store:manage',
  input: () => z.object({}),
  run: async (context) => {
    const known = await storeInfo(await context.desk());
    const { log, createdAt, ...rest } = known;
    const logged = { size: log.size, root: hex(log.root), latestAt: iso(log.latestAt) };
    return {
      view: [block.fields(...infoRows(known))],
      document: { store: { ...rest, createdAt: iso(createdAt), log: logged } },
    };
  },
});

function infoRows(known: StoreInfo): readonly (readonly [string, string])[] {
  return [
    ['Store', `${known.place} (${known.engine})`],
    ['Id', known.id ?? 'none'],
    ['Created', known.createdAt === null ? 'unknown' : localMinute(known.createdAt)],
    ['Schema', known.schema],
    ['Size', `${(known.bytes / 1_048_576).toFixed(1)} MiB`],
    ['Key', known.keyId],
    ...Object.entries(known.counts).map(
      ([what, count]) => [`${what[0]?.toUpperCase()}${what.slice(1)}`, String(count)] as const,
    ),
    ['Audit log', `${known.log.size} entries, root ${hex(known.log.root).slice(0, 16)}`],
  ];
}

const VOUCHED =
  'Until now nothing showed whether a row was deleted or put back. The operator who approves vouches for the rows as they stand; afterwards the desk notices.';

const migrate = command({
  path: 'store migrate',
  // Nobody can sign in to a store that is too old, so store and key together are the permission.
  access: 'anyone',
  options: ['--backed-up', ...approverOptions('a lead or admin who vouches for the rows as they stand')],
  input: () => z.object({ backedUp: z.boolean().default(false), ...approverInput() }),
  run: async (context, given) => {
    const voucher = () => {
      context.notice(VOUCHED);
      return askSecondOperator(context, given, 'Lead or admin who vouches for the store');
    };
    const { place, applied, kept, vouchedBy } = await context.house.migrateStore({
      backedUp: given.backedUp,
      voucher,
    });
    const done = [
      applied.length === 0 ? 'The store is up to date; nothing was changed.' : `Applied ${applied.join(', ')}.`,
      ...(kept === null ? [] : [`The store as it was: ${kept}`]),
      ...(vouchedBy === null ? [] : [`${vouchedBy.name} vouched for its rows.`]),
    ];
    return { view: [block.lines(...done)], document: { store: { place, applied, kept, vouchedBy } } };
  },
});

const backup = command({
  path: 'store backup',
  access: 'store:manage',
  arguments: [{ name: '<file>', path: 'here' }],
  input: () => z.object({ file: z.string().min(1) }),
  run: async (context, { file }) => {
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), CARE_FOR_STORE);
    await context.files.requireNew(file);
    const { logSize } = await backUpStore(desk, context.operator(), file);
    return {
      view: [
        block.verdict('BACKED UP'),
        block.fields(['File', file], ['Log', `${logSize} entries`]),
        block.note('This file does not contain the master key. Keep a copy of the key in another place.'),
      ],
      document: { backup: { file, logSize } },
    };
  },
});

const restoreInput = () =>
  z.object({
    file: z.string().min(1),
    acceptRollback: z.boolean().default(false),
    ...approverInput(),
  });

const restore = command({
  path: 'store restore',
  // Nobody can sign in to a store that is missing or damaged; if it can be opened, `restorer` asks for store:manage.
  access: 'anyone',
  arguments: [{ name: '<file>', path: 'here' }],
  options: ['--accept-rollback', ...approverOptions('a second operator (lead or admin) who accepts the loss too')],
  input: restoreInput,
  run: async (context, given) => {
    const { file, acceptRollback } = given;
    const signed = await restorer(context);
    const approve = (desk: Desk) => askApprover(context, given, desk, signed?.operator.id ?? null);
    const restored = await context.house.restoreStore(file, { acceptRollback, signed, approve });
    return {
      view: [
        block.verdict('RESTORED'),
        block.fields(...restoredRows(file, restored)),
        block.next('countersign audit verify --checkpoint FILE   (a checkpoint that you kept elsewhere)'),
      ],
      document: { restore: { file, ...restored } },
    };
  },
});

function restoredRows(file: string, restored: RestoredStore): readonly (readonly [string, string])[] {
  const { logSize, logSizeBefore, kept } = restored;
  const before = logSizeBefore === null ? 'the replaced store could not be read' : `${logSizeBefore} before`;
  return [
    ['From', file],
    ['Store', restored.place],
    ['Log', `${logSize} entries (${before})`],
    ...(kept === null ? [] : [['Old store', kept] as const]),
  ];
}

/** The operator who restores, with store:manage; null if there is no store to sign in to. Checked before any prompt. */
async function restorer(context: Context): Promise<SignedOperator | null> {
  const { token } = await context.settings();
  try {
    const desk = await context.desk();
    const signed = await authenticateOperator(desk, {
      token: token ?? (await context.sessions.read('operator', 'desk')),
      via: token === undefined ? 'session' : 'token',
      access: 'store:manage',
      command: 'store restore',
    });
    await askAuthority(desk, signed, CARE_FOR_STORE);
    return signed;
  } catch (error) {
    if (isRefusal(error) && (error.code === 'store-unreachable' || error.code === 'store-corrupt')) return null;
    throw error;
  }
}

/** Called only if the restore loses something. */
async function askApprover(
  context: Context,
  given: z.infer<ReturnType<typeof restoreInput>>,
  desk: Desk,
  requesterId: string | null,
): Promise<Actor> {
  const signIn = await askSecondOperator(context, given);
  if (signIn === undefined)
    throw refusal('approval-needed', 'second-operator-needed', { what: 'accepting what is lost' }, 'approver-signs-in');
  return secondOperator(desk, signIn, requesterId);
}

/** `store rekey`: replaces the master key while others work. Explains the consequences first. */
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

export const commands: readonly Command[] = [info, migrate, backup, restore, rekey, ...mendingClock];
