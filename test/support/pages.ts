/** What comes page by page, whole. */
export async function listOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

export async function textOf(pages: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const text of pages) all += text;
  return all;
}
