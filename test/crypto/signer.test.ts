import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/crypto/keyring.js';
import { openSigner, verifyEd25519, verifySignedNote } from '../../src/crypto/signer.js';
import { isRefusal } from '../../src/errors.js';
import { fromHex, readVectors, type Wycheproof } from './vectors.js';

type SignatureCase = { msg: string; sig: string };
const vectors = readVectors<Wycheproof<{ publicKey: { pk: string } }, SignatureCase>>('wycheproof-ed25519.json');

/** The example of the C2SP signed-note specification. */
const SPEC_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const SPEC_NOTE =
  'This is an example message.\n\n— example.com/foo ' +
  'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

/** From the tests of golang.org/x/mod/sumdb/note, where the format began. The seed is the tail of its published test key. */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const peterSigner = () => openSigner({ derive: () => PETER_SEED }, 'PeterNeumann');
const longer = (line: string) => `${line.slice(0, 60)}ABCD${line.slice(60)}`;
const broken = expect.objectContaining({ code: 'audit-broken' });

describe('signed notes of others (C2SP signed-note)', () => {
  it('verify: the example of the specification, and that of the Go library', () => {
    expect(verifySignedNote(SPEC_NOTE, [SPEC_VKEY])).toEqual({
      text: 'This is an example message.\n',
      signers: ['example.com/foo'],
    });
    const both = verifySignedNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, [PETER, ENOCH]);
    expect(both).toEqual({ text: TEXT, signers: ['PeterNeumann', 'EnochRoot'] });
  });

  it('are made byte for byte like the Go library makes them', () => {
    const peter = peterSigner();
    expect(peter.verifierKey()).toBe(PETER);
    expect(peter.sign(TEXT)).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  it('may bear signatures by unknown keys, of any length, and the same one twice', () => {
    const note = `${TEXT}\n${PETER_LINE}${PETER_LINE}${ENOCH_LINE}${longer(ENOCH_LINE)}`;
    expect(verifySignedNote(note, [PETER]).signers).toEqual(['PeterNeumann']);
  });

  it('may bear at least 16 signatures; more than 100 are refused', () => {
    expect(verifySignedNote(`${TEXT}\n${ENOCH_LINE.repeat(15)}${PETER_LINE}`, [PETER]).signers).toHaveLength(1);
    expect(() => verifySignedNote(`${TEXT}\n${PETER_LINE.repeat(101)}`, [PETER])).toThrow(broken);
  });

  it('are refused where a known key’s signature fails, though another known one holds', () => {
    const note = `${TEXT}\n${PETER_LINE}${longer(ENOCH_LINE)}`;
    expect(() => verifySignedNote(note, [PETER, ENOCH])).toThrow(broken);
    // Teeth: it is the failing signature alone that spoils it.
    expect(verifySignedNote(note, [PETER]).signers).toEqual(['PeterNeumann']);
  });

  it('are refused without a signature by a known key', () => {
    expect(() => verifySignedNote(`${TEXT}\n${ENOCH_LINE}`, [PETER])).toThrow(broken);
    expect(() => verifySignedNote(SPEC_NOTE, [])).toThrow(broken);
  });

  it('pass over a signature that shares only the name or only the key id with a known key', () => {
    const renamed = PETER_LINE.replace('PeterNeumann', 'PeterNeumans');
    const rekeyed = PETER_LINE.replace('x08go/', 'x08gp/');
    expect(verifySignedNote(`${TEXT}\n${PETER_LINE}${renamed}${rekeyed}`, [PETER]).signers).toEqual(['PeterNeumann']);
    expect(() => verifySignedNote(`${TEXT}\n${renamed}${rekeyed}`, [PETER])).toThrow(broken);
  });

  it.each([
    ['no signatures', TEXT],
    ['no signature lines', `${TEXT}\n`],
    ['no last newline', `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
    ['a control character', `\x01${TEXT}\n${PETER_LINE}`],
    ['a carriage return', `${TEXT.replace('\n', '\r\n')}\n${PETER_LINE}`],
    ['half a character pair', `\ud800${TEXT}\n${PETER_LINE}`],
    ['a name with a space', `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Peter Neumann')}`],
    ['a name with a no-break space', `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Peter\u00a0Neumann')}`],
    ['another line among the signatures', `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
    ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}`],
    ['other base64', `${TEXT}\n${PETER_LINE.replace('=\n', '\n')}`],
    ['an empty signature', `${TEXT}\n— PeterNeumann x08gow==\n`],
    ['nothing at all', ''],
  ])('are refused with %s', (_, note) => {
    expect(() => verifySignedNote(note, [PETER])).toThrow(broken);
  });

  it('are split at the last empty line', () => {
    const text = 'log\n7\n\n— not a signature\n\n\nend\n\n';
    const note = peterSigner().sign(text);
    expect(verifySignedNote(note, [PETER]).text).toBe(text);
  });
});

describe('verifier keys', () => {
  it('are refused with any part cut off or any character changed', () => {
    const bad = [PETER, SPEC_VKEY].flatMap((vkey) => {
      const cut = Array.from(vkey, (_, i) => [vkey.slice(0, i), vkey.slice(i + 1)]).flat();
      const raised = Array.from(
        vkey,
        (c, i) => vkey.slice(0, i) + String.fromCharCode(c.charCodeAt(0) + 1) + vkey.slice(i + 1),
      );
      return [...cut, ...raised];
    });
    for (const vkey of bad) {
      expect(() => verifySignedNote(SPEC_NOTE, [vkey]), vkey).toThrow(
        expect.objectContaining({ code: 'invalid-input' }),
      );
    }
  });

  it('are refused with a wrong length or an unknown algorithm, though the key id fits', () => {
    for (const vkey of [
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    ]) {
      expect(() => verifySignedNote(SPEC_NOTE, [vkey])).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    }
  });

  it('may be given twice', () => {
    expect(verifySignedNote(SPEC_NOTE, [SPEC_VKEY, SPEC_VKEY]).signers).toEqual(['example.com/foo']);
  });
});

describe('the desk’s signer', () => {
  const ring = openKeyring(Buffer.alloc(32, 1));
  const signer = openSigner(ring, 'desk.example.com/audit');
  const note = signer.sign('desk.example.com/audit\n7\nroot\n');

  it('signs notes its own vkey verifies, the same for the same master key', () => {
    expect(verifySignedNote(note, [signer.verifierKey()]).signers).toEqual(['desk.example.com/audit']);
    expect(openSigner(ring, 'desk.example.com/audit').sign('desk.example.com/audit\n7\nroot\n')).toBe(note);
    const other = openSigner(openKeyring(Buffer.alloc(32, 2)), 'desk.example.com/audit');
    expect(() => verifySignedNote(note, [other.verifierKey()])).toThrow(broken);
  });

  it('makes notes in which no character of the text can be changed', () => {
    const vkeys = [signer.verifierKey()];
    for (let i = 0; i < note.indexOf('\n\n'); i++) {
      const changed = `${note.slice(0, i)}${note[i] === 'x' ? 'y' : 'x'}${note.slice(i + 1)}`;
      expect(() => verifySignedNote(changed, vkeys)).toThrow(broken);
    }
  });

  it.each(['', 'no newline', 'tab\there\n', 'nul\0\n', 'half \ud800\n'])('does not sign %j', (text) => {
    expect(() => signer.sign(text)).toThrow(TypeError);
  });

  it.each(['', 'a b', 'a+b', 'a\u2003b', 'a\u0085b', 'a\nb'])('cannot be named %j', (name) => {
    expect(() => openSigner(ring, name)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  it('answers any note with a text or a refusal', () => {
    const pieces = fc.array(fc.constantFrom('\n', '\n\n', '— ', 'a', PETER_LINE, '+', '=', 'AAAAAAAA', ' ', '\ud800'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          try {
            verifySignedNote(text, [PETER]);
          } catch (error) {
            expect(isRefusal(error)).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('Ed25519', () => {
  it.skipIf(vectors === null)('agrees with every Wycheproof case', () => {
    let count = 0;
    for (const group of vectors?.testGroups ?? []) {
      for (const test of group.tests) {
        const fits = verifyEd25519(fromHex(group.publicKey.pk), fromHex(test.msg), fromHex(test.sig));
        expect(fits, `case ${test.tcId}`).toBe(test.result === 'valid');
        count++;
      }
    }
    expect(count).toBe(151);
  });
});
