/**
 * Patterns that make a whole phrase weak however long it is: repeats, walks along keyboard, alphabet or digits, and words that anybody
 * would guess (B21). Repeats and walks look at the reading with digits as digits ("qwerty123", not "qwertyonetwothree"). Pure.
 */

/** Rows and columns of the usual keyboards, the alphabet and the digits; neighbours in a row are one step apart, both ways. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz 0123456789 1234567890 qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm',
  'azertyuiop qsdfghjklm wxcvbn 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol 0p',
].flatMap((rows) => rows.split(' '));
const STEPS = new Set(ROWS.flatMap((row) => [row, [...row].reverse().join('')]).flatMap(pairs));

/** From this share of steps to a neighbouring key on, a phrase is a walk; English phrases stay below a half. */
const WALK_SHARE = 0.75;
const FEWEST_DIFFERENT = 5;
/** A unit of this many letters may be said twice, because it is long enough alone. */
const LONG_UNIT = 15;

/** What each known word and each run of one's own letters costs: a short word inside an honest one ("is" in "listen") is not taken out. */
const PIECE_COST = 3;
/** Longer lines are known only as a whole: to look for them inside a text takes too long. */
const LONGEST_KNOWN = 80;

/** The letters that are left of a text without spaces when as much as possible of it is read as known words. */
export function ownLetters(letters: string, known: ReadonlySet<string>): string {
  const ways = [{ cost: 0, own: '' }];
  for (let end = 1; end <= letters.length; end += 1) {
    const steps = ways.map(({ cost, own }, start) => {
      const piece = letters.slice(start, end);
      const isKnown = piece.length <= LONGEST_KNOWN && known.has(piece);
      return { cost: cost + PIECE_COST + (isKnown ? 0 : piece.length), own: isKnown ? own : own + piece };
    });
    ways.push(steps.reduce((best, step) => (step.cost < best.cost ? step : best)));
  }
  return ways.at(-1)?.own ?? '';
}

/** One word over and over ("passwordpassword", also cut off in the last round), or fewer than five different letters. */
export function isRepeat(reading: string): boolean {
  const letters = [...reading];
  if (new Set(letters).size < FEWEST_DIFFERENT) return true;
  const longestUnit = Math.min(LONG_UNIT - 1, Math.floor(letters.length / 2));
  for (let unit = 1; unit <= longestUnit; unit += 1) {
    if (letters.every((letter, at) => letter === letters[at % unit])) return true;
  }
  return false;
}

/** True if most steps go to a neighbouring key or letter, or stay on it. */
export function isWalk(reading: string): boolean {
  const steps = pairs(reading);
  if (steps.length === 0) return false;
  const near = steps.filter((step) => STEPS.has(step) || step[0] === step[1]).length;
  return near / steps.length >= WALK_SHARE;
}

function pairs(text: string): readonly string[] {
  return [...text].slice(1).map((letter, at) => `${[...text][at] ?? ''}${letter}`);
}
