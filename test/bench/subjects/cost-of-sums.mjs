/**
 * What the sealed sums of the guarded tables cost (B86): the floor is the same build that counts no row, seals no sum and compares none. Both run
 * on one desk, and what the sums refuse, because rows came uncounted, is let through.
 */
import { benchDesk } from '../bench-desk.mjs';
import { BULK_LINES, bulkJob } from '../bulk-job.mjs';
import { USERS, VERIFY_LINES, verifications } from '../verifications.mjs';

/** Where each source leaves out its part of the work. */
const LEFT_OUT = {
  'src/store/guard/table-sums.ts': [
    ['came(name: string, row: Row, tag: unknown, changes?: Row): void {', 'if (globalThis.uncounted) return;'],
    ['went(name: string, row: Row, tag: unknown): void {', 'if (globalThis.uncounted) return;'],
    ['delta: Delta, latestAt: number): Book {', 'if (globalThis.uncounted) return book;'],
    ['{ key, at, parts }: Book): string {', "if (globalThis.uncounted) return '';"],
  ],
  'src/store/guard/check-tables.ts': [
    ['const [changes, at] = [changedBy?.(), clock?.here()];', 'if (globalThis.uncounted) return;'],
  ],
  'src/store/guard/guarded-writes.ts': [
    [
      "if (node.using ?? node.joins ?? node.returning ?? node.limit) throw uncheckable(name, 'delete');",
      'if (globalThis.uncounted) return this.#run(node);',
    ],
  ],
};

function leavingOut(file, text) {
  const changed = (LEFT_OUT[file] ?? []).reduce((all, [place, more]) => {
    if (all.split(place).length !== 2) throw new Error(`${file} has changed: the cost of the sums cannot be measured`);
    return all.replace(place, `${place} ${more}`);
  }, text);
  return changed.replaceAll('throw notOurs(', 'void notOurs(');
}

let bench;
let desk;
const openWith = async (lines, fill) => {
  bench = await benchDesk(lines, leavingOut);
  await fill?.();
  desk = await bench.open();
};
const close = async () => {
  await desk?.store.close();
  bench?.close();
};
/** The same work, counted or not. */
const both = (work) => ({
  floor: () => {
    globalThis.uncounted = true;
    return work();
  },
  figure: () => {
    globalThis.uncounted = false;
    return work();
  },
});

let verify;
let job;

export const subjects = [
  {
    name: 'sums: verify with / without',
    reach: 1.1,
    rounds: 41,
    prepare: async () => {
      await openWith(VERIFY_LINES, () => bench.fill(USERS, false));
      verify = await verifications(bench, desk);
    },
    ...both(async () => {
      for (let n = 0; n < 20; n++) await verify();
    }),
    close,
  },
  {
    name: 'sums: bulk with / without',
    reach: 1.15,
    rounds: 9,
    prepare: async () => {
      await openWith(BULK_LINES);
      job = await bulkJob(bench, desk, 11_000);
    },
    ...both(() => job.some(500)),
    close,
  },
];
