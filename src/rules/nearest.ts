/** "Did you mean …?": the known word closest to a mistyped one. For hints only; likeness never decides anything. */

/**
 * The candidate with the fewest single-letter edits (Levenshtein) from `text`, or undefined if none is close: more edits than a
 * third of the longer word make another word, not a slip. The first of equals wins.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  // A pasted page is not a typing slip, and the comparison is quadratic.
  if (text.length > 64) return undefined;
  const typed = text.trim().toLowerCase();
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = editDistance(typed, candidate);
    const allowed = Math.floor(Math.max(typed.length, candidate.length) / 3);
    if (edits <= allowed && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
}

/** Insertions, deletions and substitutions that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const substituted = at(row, j) + (letter === other ? 0 : 1);
      next.push(Math.min(at(row, j + 1) + 1, at(next, j) + 1, substituted));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
