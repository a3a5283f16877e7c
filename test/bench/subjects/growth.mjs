/**
 * What grows with the desk, and what must not: the same work on a desk of 10,000 users and on one of 100,000 (with `--large`, 100,000 and
 * 1,000,000). The floor is the smaller desk. Of what is read to its end, the time for a row counts, and may be half as long again; of what
 * shows or changes one thing, the whole time, and may double.
 */
import { BOUNDED, each, grownDesk, LINEAR, perThousand } from '../grown-desk.mjs';
import { LARGE } from '../size.mjs';

const SIZES = LARGE ? [100_000, 1_000_000] : [10_000, 100_000];
const places = [];

export async function prepare() {
  for (const users of SIZES) places.push(await grownDesk(users));
}

export async function close() {
  for (const place of places.splice(0)) await place.close();
}

const of = (what, works, reach, measure) =>
  Object.entries(works).map(([name, work]) => ({
    name: `growth ${what}: ${name}`,
    reach,
    rounds: 3,
    floor: () => measure(work, places[0]),
    figure: () => measure(work, places[1]),
  }));

export const subjects = [...of('a row', LINEAR, 1.5, perThousand), ...of('whole', BOUNDED, 2, each)];
