/** Turns the bytes of a file into text with plain line feeds, piece by piece: by its mark, by the named encoding, or as strict UTF-8 (B90). */
import { type Refusal, refusal } from '../../errors.js';

/** Encodings by their marks, in hex. */
const MARKS: Readonly<Record<string, string>> = { efbbbf: 'utf-8', fffe: 'utf-16le', feff: 'utf-16be' };
/** How workbooks begin: a ZIP (.xlsx, .ods) or an OLE file (.xls). */
const WORKBOOK = /^(504b0304|d0cf11e0)/;
const LONGEST_MARK = 4;

/** `found` is complete when all is read. Refusal `invalid-input` for a workbook, for more than `most` bytes, and for another encoding. */
export async function readText(chunks: AsyncIterable<Uint8Array>, most: number, encoding = 'utf-8') {
  const pieces = limited(chunks, most);
  const first = await firstBytes(pieces);
  const begins = first.subarray(0, LONGEST_MARK).toString('hex');
  if (WORKBOOK.test(begins)) throw refusal('invalid-input', 'file-is-workbook', {}, 'save-as-utf8');
  const mark = Object.keys(MARKS).find((bytes) => begins.startsWith(bytes));
  const seen = { crlf: false };
  return {
    texts: plainLines(decoded(first, pieces, MARKS[mark ?? ''] ?? encoding), seen),
    found: () => ({ bom: mark !== undefined || encoding !== 'utf-8', newline: seen.crlf ? '\r\n' : '\n' }) as const,
  };
}

async function* limited(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > most)
      throw refusal('invalid-input', 'file-too-large', { mib: Math.floor(most / 1024 / 1024) }, 'several-files');
    yield chunk;
  }
}

/** A pipe may give its bytes one by one. */
async function firstBytes(pieces: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < LONGEST_MARK) {
    const next = await pieces.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

/** A wrong byte is refused, never replaced. A NUL is the sign of UTF-16 without a mark, or of a file that is not text. */
async function* decoded(first: Uint8Array, pieces: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<string> {
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
      throw notText(line + badLine(Buffer.concat([last, bytes]), encoding), `is no ${encoding} text`, encoding);
    }
    const nul = text.indexOf('\0');
    if (nul !== -1) throw notText(line + count(text.slice(0, nul), '\n'), 'holds a NUL byte', encoding);
    line += count(text, '\n');
    const ended = Buffer.concat([last, bytes.subarray(-LONGEST_MARK)]).subarray(-LONGEST_MARK);
    last = ended.subarray(ended.lastIndexOf(0x0a) + 1);
    return text;
  };
  yield take(first, true);
  for await (const piece of pieces) yield take(piece, true);
  yield take(new Uint8Array(), false);
}

const count = (text: string, part: string): number => text.split(part).length - 1;

/** How many lines further down the first wrong byte is. The bytes may begin in the middle of a character. */
function badLine(bytes: Buffer, encoding: string): number {
  if (encoding.startsWith('utf-16')) return 0;
  const text = new TextDecoder(encoding).decode(bytes.subarray(bytes.findIndex((byte) => byte < 0x80 || byte > 0xbf)));
  return count(text.slice(0, text.indexOf('\ufffd')), '\n');
}

const OTHERS =
  '; if a spreadsheet or Windows wrote it, add: --encoding windows-1252 (Central Europe: windows-1250, Turkey: windows-1254, Japan: shift_jis, or utf-16le)';

function notText(line: number, what: string, encoding: string): Refusal {
  const message = `${what.replace('utf-8', 'UTF-8')}${encoding === 'utf-8' ? OTHERS : ''}`;
  return refusal('invalid-input', 'file-not-utf8', {}, 'save-as-utf8', { problems: [{ line, message }] });
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
