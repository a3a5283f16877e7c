/** Turns the bytes of a file into text with plain line feeds, piece by piece: by its mark, by the named encoding, or as strict UTF-8 (B90). */
import { type Refusal, refusal } from '../../errors.js';

export interface TextRead {
  readonly texts: AsyncIterator<string>;
  /** What was found out; complete when all is read. */
  readonly found: () => { readonly bom: boolean; readonly newline: '\n' | '\r\n' };
}

const MARKS: readonly (readonly [string, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];
/** How workbooks begin: a ZIP (.xlsx, .ods) or an OLE file (.xls). */
const WORKBOOKS: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0],
];
const LONGEST_MARK = 4;

/** Refusal `invalid-input` for a workbook, for more than `most` bytes, and for text of another encoding. */
export async function readText(chunks: AsyncIterable<Uint8Array>, most: number, encoding = 'utf-8'): Promise<TextRead> {
  const pieces = limited(chunks, most)[Symbol.asyncIterator]();
  const first = await firstBytes(pieces);
  const begins = (bytes: readonly number[]) => bytes.every((byte, at) => first[at] === byte);
  if (WORKBOOKS.some(begins)) throw refusal('invalid-input', 'file-is-workbook', {}, 'save-as-utf8');
  const mark = MARKS.find(([, bytes]) => begins(bytes));
  const seen = { crlf: false };
  return {
    texts: plainLines(decoded(first, pieces, mark?.[0] ?? encoding), seen),
    found: () => ({ bom: mark !== undefined, newline: seen.crlf ? '\r\n' : '\n' }),
  };
}

async function* limited(chunks: AsyncIterable<Uint8Array>, most: number): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > most)
      throw refusal('invalid-input', 'file-too-large', { mib: Math.floor(most / 1024 / 1024) }, 'several-files');
    yield chunk;
  }
}

/** A pipe may give its bytes one by one. */
async function firstBytes(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array();
  while (first.length < LONGEST_MARK) {
    const next = await pieces.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

/** A wrong byte is refused, never replaced. A NUL is the sign of UTF-16 without a mark, or of a file that is not text. */
async function* decoded(first: Uint8Array, pieces: AsyncIterator<Uint8Array>, encoding: string): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  // A character may be divided between two pieces.
  let last: Uint8Array = new Uint8Array();
  const take = (bytes: Uint8Array, more: boolean): string => {
    let text: string;
    try {
      // `stream` at the end, too: without it Node 20 reads windows-1252 as Latin-1.
      text = decoder.decode(bytes, { stream: true }) + (more ? '' : decoder.decode());
    } catch {
      throw notText(line + badLine(Buffer.concat([last, bytes]), encoding), `is not ${encoding}`, encoding);
    }
    const nul = text.indexOf('\0');
    if (nul !== -1) throw notText(line + count(text.slice(0, nul), '\n'), 'holds a NUL byte', encoding);
    line += count(text, '\n');
    const ended = Buffer.concat([last, bytes.subarray(-LONGEST_MARK)]).subarray(-LONGEST_MARK);
    last = ended.subarray(ended.lastIndexOf(0x0a) + 1);
    return text;
  };
  yield take(first, true);
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield take(next.value, true);
  yield take(new Uint8Array(), false);
}

const count = (text: string, part: string): number => text.split(part).length - 1;

/** How many lines further down the first wrong byte is: no byte of a longer UTF-8 sequence is a line feed, so each line can be judged alone. */
function badLine(bytes: Buffer, encoding: string): number {
  if (encoding !== 'utf-8') return 0;
  const strict = new TextDecoder('utf-8', { fatal: true });
  let from = bytes.findIndex((byte) => byte < 0x80 || byte > 0xbf);
  for (let line = 0; ; line += 1) {
    const found = bytes.indexOf(0x0a, from);
    const to = found === -1 ? bytes.length : found;
    try {
      strict.decode(bytes.subarray(from, to));
    } catch {
      return line;
    }
    if (found === -1) return line;
    from = to + 1;
  }
}

function notText(line: number, what: string, encoding: string): Refusal {
  const hint =
    encoding === 'utf-8' ? '; if a spreadsheet or Windows wrote it, add: --encoding windows-1252 (or utf-16le)' : '';
  return refusal('invalid-input', 'file-not-utf8', {}, 'save-as-utf8', {
    problems: [{ line, message: `${what.replace('utf-8', 'UTF-8')}${hint}` }],
  });
}

/** Any line ends as line feeds; a pair may be divided between two pieces. */
async function* plainLines(texts: AsyncIterable<string>, seen: { crlf: boolean }): AsyncGenerator<string> {
  let held = '';
  for await (const piece of texts) {
    const text = held + piece;
    held = text.endsWith('\r') ? '\r' : '';
    const whole = held === '' ? text : text.slice(0, -1);
    seen.crlf ||= whole.includes('\r\n');
    yield whole.replace(/\r\n?/g, '\n');
  }
  if (held !== '') yield '\n';
}
