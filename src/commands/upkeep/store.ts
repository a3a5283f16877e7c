/** `store …`: looks after the store as a whole. A copy never contains the master key. */
import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { authenticateOperator } from '../../procedures/operators/authenticate-operator.js';
import { secondOperator } from '../../procedures/operators/second-operator.js';
import { backUpStore, CARE_FOR_KEY, CARE_FOR_STORE, storeInfo } from '../../procedures/upkeep/care-for-store.js';
import { iso } from '../../rules/moment.js';
import { APPROVER_OPTIONS, approverInput, askSecondOperator, askYes, needSecondOperator, shownToken } from '../ask.js';
import { type Command, type Context, command } from '../command.js';
import { block, localMinute } from '../wording/results.js';
import { askClock, commands as mendingClock } from './store-clock.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const inMiB = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

const info = command({
  path: 'store info',
  access: 'store:manage',
  run: async ({ desk, words }) => {
    const { log, createdAt, ...known } = await storeInfo(desk);
    const root = hex(log.root);
    return {
      view: [
        block.fields(
          [words('store.store'), `${known.place} (${known.engine})`],
          [words('store.id'), known.id ?? words('store.none')],
          [words('store.created'), createdAt === null ? words('store.unknown') : localMinute(createdAt)],
          [words('store.schema'), known.schema],
          [words('store.size'), inMiB(known.bytes)],
          [words('store.key'), known.keyId],
          ...Object.entries(known.counts).map(([what, count]) => [words.term('counted', what), String(count)] as const),
          [words('store.audit-log'), words('store.log-is', { entries: log.size, root: root.slice(0, 16) })],
        ),
      ],
      document: {
        store: { ...known, createdAt: iso(createdAt), log: { size: log.size, root, latestAt: iso(log.latestAt) } },
      },
    };
  },
});

const migrate = command({
  path: 'store migrate',
  // Nobody can sign in to a store that is too old, so store and key together are the permission.
  access: 'anyone',
  options: ['--backed-up', ...APPROVER_OPTIONS],
  own: approverInput,
  run: async ({ context, words }, given) => {
    const voucher = () => {
      context.notice(words('store.vouching'));
      return askSecondOperator(context, given, words('store.voucher'));
    };
    const askSilence = (times: Readonly<Record<string, number>>) => askClock(context, 'far-ahead', times);
    const { place, applied, kept, vouchedBy } = await context.house.migrateStore({ ...given, voucher, askSilence });
    const done = [
      words('store.migrated', { applied }),
      ...(kept === null ? [] : [words('store.as-it-was', { kept })]),
      ...(vouchedBy === null ? [] : [words('store.vouched', { name: vouchedBy.name })]),
    ];
    return { view: [block.lines(...done)], document: { store: { place, applied, kept, vouchedBy } } };
  },
});

const backup = command({
  path: 'store backup',
  access: 'store:manage',
  arguments: [{ name: '<file>', path: 'here' }],
  own: () => ({ file: z.string().min(1) }),
  run: async ({ context, desk, signed, words }, { file }) => {
    await askAuthority(desk, signed, CARE_FOR_STORE);
    await context.files.requireNew(file);
    const { logSize } = await backUpStore(desk, signed, file);
    return {
      view: [
        block.verdict(words('store.backed-up')),
        block.fields([words('store.file'), file], [words('store.log'), words('store.entries', { logSize })]),
        block.note(words('store.without-key')),
      ],
      document: { backup: { file, logSize } },
    };
  },
});

const restore = command({
  path: 'store restore',
  // Nobody can sign in to a store that is missing or damaged; if it can be opened, `restorer` asks for store:manage.
  access: 'anyone',
  arguments: [{ name: '<file>', path: 'here' }],
  options: ['--accept-rollback', ...APPROVER_OPTIONS],
  own: () => ({ file: z.string().min(1), ...approverInput() }),
  run: async ({ context, words }, given) => {
    const { file, acceptRollback } = given;
    const signed = await restorer(context);
    // Called only if the restore loses something.
    const approve = async (desk: Desk) =>
      secondOperator(desk, await needSecondOperator(context, given, 'store.accepting'), signed?.operator.id ?? null);
    const restored = await context.house.restoreStore(file, { acceptRollback, signed, approve });
    const { logSize, logSizeBefore, kept, place } = restored;
    return {
      view: [
        block.verdict(words('store.restored')),
        block.fields(
          [words('store.from'), file],
          [words('store.store'), place],
          [words('store.log'), words('store.entries-before', { logSize, logSizeBefore })],
          [words('store.old-store'), kept],
        ),
        block.next(words('store.verify-it')),
      ],
      document: { restore: { file, ...restored } },
    };
  },
});

/** The operator who restores, with store:manage; null if there is no store to sign in to. Checked before any prompt. */
async function restorer(context: Context): Promise<SignedOperator | null> {
  try {
    const desk = await context.desk();
    const claim = { ...(await shownToken(context)), access: 'store:manage', command: 'store restore' } as const;
    const signed = await authenticateOperator(desk, claim);
    await askAuthority(desk, signed, CARE_FOR_STORE);
    return signed;
  } catch (error) {
    if (isRefusal(error) && (error.code === 'store-unreachable' || error.code === 'store-corrupt')) return null;
    throw error;
  }
}

/** `store rekey`: replaces the master key while others work. Explains the consequences first. */
const rekey = command({
  path: 'store rekey',
  access: 'store:manage',
  run: async ({ context, desk, signed, words }) => {
    await askAuthority(desk, signed, CARE_FOR_KEY);
    if (!context.options.yes) await context.show([block.lines(...words('store.before-rekey').split('\n'))]);
    await askYes(context, words('store.sure'));
    const done = await context.house.rekeyStore(signed);
    const { to, from, place, oldKey, sealed, tagged } = done;
    return {
      view: [
        block.verdict(words('store.key-changed')),
        block.fields(
          [words('store.key'), words('store.key-in', { to, place })],
          [words('store.old-key'), words('store.old-key-is', { from, oldKey })],
          [words('store.sealed'), words('store.values', { sealed })],
          [words('store.tagged'), words('store.rows', { tagged })],
        ),
        block.note(words(oldKey === null ? 'store.remove-key' : 'store.delete-key')),
        block.next('countersign key backup FILE', words('store.checkpoint')),
      ],
      document: { rekey: done },
    };
  },
});

export const commands: readonly Command[] = [info, migrate, backup, restore, rekey, ...mendingClock];
