/** Crockford's base32: 32 symbols without I, L, O and U; reading takes either case, and O for 0, I and L for 1. */

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Five bits a symbol; the last symbol is filled up with zero bits. */
export function encodeCrockford(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += SYMBOLS[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + SYMBOLS[(held << (5 - bits)) & 31];
}

/** What was typed, in the one form that is compared; null if it contains anything that is not a symbol. */
export function readCrockford(typed: string): string | null {
  const text = typed
    .toUpperCase()
    .replace(/[\s-]+/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return text !== '' && text.length <= 64 && [...text].every((symbol) => SYMBOLS.includes(symbol)) ? text : null;
}

/** 26 symbols carry 130 bits: enough for a code that stays in a mailbox for a day. */
export const newSymbols = (random: (bytes: number) => Uint8Array): string => encodeCrockford(random(17)).slice(0, 26);

/** As a code is shown and mailed: in groups of five. */
export const inFives = (symbols: string): string => symbols.match(/.{1,5}/g)?.join('-') ?? symbols;
