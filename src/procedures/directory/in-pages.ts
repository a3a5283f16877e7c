/** Reads a long list in pages, each after the last row of the one before, to the end or until `most` were read. */
const PAGE = 500;

export async function* inPages<T>(
  next: (last: T | undefined, limit: number) => Promise<readonly T[]>,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly T[]> {
  let last: T | undefined;
  for (let left = most; left > 0; ) {
    const limit = Math.min(PAGE, left);
    const page = await next(last, limit);
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    last = page.at(-1);
    left -= limit;
  }
}
