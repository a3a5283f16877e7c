// Checks a receipt of a call from the specifications alone (C2SP tlog-proof, signed-note and tlog-checkpoint, RFC 6962):
//     node check-receipt.mjs VERIFIER-KEY < call.receipt
// It shares no code with countersign. Prints the call and its entries, or exits with 1 and says what does not fit.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HEAD = 'c2sp.org/tlog-proof@v1\n';
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const fail = (why) => {
  throw new Error(why);
};

/** Only the one spelling of some bytes that base64 has. */
function bytes(text) {
  const read = Buffer.from(text, 'base64');
  return read.toString('base64') === text ? read : fail(`"${text.slice(0, 20)}" is not base64`);
}

/** Size and root of a checkpoint that the key signed. */
function openNote(note, vkey) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? fail('the verifier key cannot be read');
  const [, text, signer, signature] = /^([\s\S]+\n)\n— (\S+) (\S+)\n$/.exec(note) ?? fail('not one signed note');
  if (signer !== name || bytes(signature).toString('hex', 0, 4) !== id) fail('signed by somebody else');
  const key = { kty: 'OKP', crv: 'Ed25519', x: bytes(encoded).subarray(1).toString('base64url') };
  const signed = verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), bytes(signature).subarray(4));
  if (!signed) fail('the signature does not fit');
  const [origin, size, root] = text.split('\n');
  return { origin, size: Number(size), root: bytes(root) };
}

/** Root of a tree of `size` with the leaf at `index`; takes siblings from the end of the path, which is next to the root. */
function rootFrom(leaf, index, size, path) {
  if (size === 1) return path.length === 0 ? leaf : fail('too many hashes');
  const sibling = path.pop() ?? fail('too few hashes');
  const left = 2 ** Math.ceil(Math.log2(size) - 1);
  return index < left
    ? sha256(Buffer.of(1), rootFrom(leaf, index, left, path), sibling)
    : sha256(Buffer.of(1), sibling, rootFrom(leaf, index - left, size - left, path));
}

const splitProof = (part) =>
  /^extra (\S+)\nindex (0|[1-9]\d*)\n((?:\S+\n)*)\n([\s\S]+)$/.exec(part) ?? fail('not a tlog-proof');

function provenEntry([, extra, index, hashes], { size, root }) {
  const body = bytes(extra);
  if (Number(index) >= size) fail('the checkpoint is older than the entry');
  const path = hashes.split('\n').slice(0, -1).map(bytes);
  if (!rootFrom(sha256(Buffer.of(0), body), Number(index), size, path).equals(root))
    fail(`entry ${index} is not in the log`);
  return JSON.parse(body.toString());
}

export function checkReceipt(text, vkey) {
  const [before, ...parts] = text.split(HEAD);
  if (before !== '' || parts.length === 0) fail('not a receipt');
  const proofs = parts.map(splitProof);
  const [[, , , , note]] = proofs;
  if (proofs.some((proof) => proof[4] !== note)) fail('more than one checkpoint');
  const checkpoint = openNote(note, vkey);
  return proofs.map((proof) => provenEntry(proof, checkpoint));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const { seq, kind, outcome, by } of checkReceipt(readFileSync(0, 'utf8'), process.argv[2] ?? ''))
      process.stdout.write(`${seq} ${kind} ${outcome} ${by.name}\n`);
  } catch (error) {
    process.stdout.write(`NOT VALID: ${error.message}\n`);
    process.exitCode = 1;
  }
}
