/** Long lists: some at a time, and by their ids. */

/** With the columns of a user, rows of one statement stay below both engines' limits of bound values. */
const AT_ONCE = 500;

export const chunksOf = <T>(items: readonly T[], most = AT_ONCE): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, at) => items.slice(at * most, (at + 1) * most));

/** Does it for some at a time, and gives what came of all. */
export async function inChunks<In, Out>(items: readonly In[], work: (some: readonly In[]) => Promise<readonly Out[]>) {
  const found: Out[] = [];
  for (const some of chunksOf(items)) found.push(...(await work(some)));
  return found;
}

/** In groups, in the order in which they come. */
export function grouped<T>(
  items: readonly T[],
  keyOf: (item: T, nth: number) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const [nth, item] of items.entries()) {
    const key = keyOf(item, nth);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return groups;
}

export const byId = <T extends { readonly id: string }>(items: Iterable<T>): Map<string, T> =>
  new Map([...items].map((one) => [one.id, one]));
