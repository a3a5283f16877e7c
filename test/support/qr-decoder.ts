/**
 * A small QR decoder for tests (ISO/IEC 18004), written from the standard and not from the encoder under test: versions
 * 2 to 5 at error correction level L, which are one block, byte mode. It corrects no errors, so any wrong module shows.
 */

/** The text of a square matrix of modules, true for dark. Throws if it is not such a code. */
export function decodeQr(modules: readonly (readonly boolean[])[]): string {
  const size = modules.length;
  const version = (size - 17) / 4;
  if (!Number.isInteger(version) || version < 2 || version > 5)
    throw new Error(`not a code of version 2 to 5: ${size}`);
  const at = (x: number, y: number): number => (modules[y]?.[x] ? 1 : 0);
  const mask = maskNumber(at);
  const bits: number[] = [];
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (!isFixed(x, y, size)) bits.push(at(x, y) ^ (isMasked(mask, x, y) ? 1 : 0));
      }
    }
  }
  return byteText(bits);
}

/** Format information beside the upper left finder: level L is 01. */
function maskNumber(at: (x: number, y: number) => number): number {
  const cells = [0, 1, 2, 3, 4, 5].map((y): [number, number] => [8, y]);
  cells.push([8, 7], [8, 8], [7, 8]);
  cells.push(...[5, 4, 3, 2, 1, 0].map((x): [number, number] => [x, 8]));
  const format = cells.reduce((value, [x, y], bit) => value | (at(x, y) << bit), 0) ^ 0x5412;
  if (format >> 13 !== 1) throw new Error('not level L');
  return (format >> 10) & 7;
}

/** Finders with their separators and format cells, timing lines, the one alignment pattern. */
function isFixed(x: number, y: number, size: number): boolean {
  if (x === 6 || y === 6) return true;
  if (x < 9 && y < 9) return true;
  if ((x >= size - 8 && y < 9) || (x < 9 && y >= size - 8)) return true;
  return Math.abs(x - (size - 7)) <= 2 && Math.abs(y - (size - 7)) <= 2;
}

function isMasked(mask: number, x: number, y: number): boolean {
  const product = x * y;
  const rules = [
    (x + y) % 2,
    y % 2,
    x % 3,
    (x + y) % 3,
    (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
    (product % 2) + (product % 3),
    ((product % 2) + (product % 3)) % 2,
    (((x + y) % 2) + (product % 3)) % 2,
  ];
  return rules[mask] === 0;
}

function byteText(bits: readonly number[]): string {
  const number = (from: number, length: number) =>
    bits.slice(from, from + length).reduce((value, bit) => value * 2 + bit, 0);
  if (number(0, 4) !== 4) throw new Error('not in byte mode');
  const bytes = Array.from({ length: number(4, 8) }, (_, index) => number(12 + 8 * index, 8));
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
}
