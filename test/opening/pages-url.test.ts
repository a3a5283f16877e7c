/** `[pages]` of the config file: the address, and the certificate and key of `serve`, which locked mode takes from here alone (B79, B91). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagesTlsOf, pagesUrlOf } from '../../src/opening/pages-url.js';

describe('the pages in the config file (B79, B91)', () => {
  const url = 'https://desk.example';
  let folder: string;
  let tls: { readonly tlsCert: string; readonly tlsKey: string };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-pages-'));
    tls = { tlsCert: join(folder, 'chain.pem'), tlsKey: join(folder, 'key.pem') };
    writeFileSync(tls.tlsCert, 'chain');
    writeFileSync(tls.tlsKey, 'key');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('names the files of the certificate, or none', () => {
    expect(pagesTlsOf({ url, ...tls })).toEqual({ cert: 'chain', key: 'key' });
    expect(pagesUrlOf({ url, ...tls })).toBe(url);
    for (const none of [undefined, { url }]) expect(pagesTlsOf(none)).toBeNull();
  });

  it('one file without the other, or one that cannot be read, is refused; so is a path that begins where somebody starts it', () => {
    const refused = expect.objectContaining({ code: 'config' });
    for (const half of [{ tlsCert: tls.tlsCert }, { tlsKey: tls.tlsKey }, { ...tls, tlsKey: join(folder, 'none') }])
      expect(() => pagesTlsOf({ url, ...half })).toThrow(refused);
    for (const tlsCert of ['chain.pem', '../chain.pem', ''])
      expect(() => pagesUrlOf({ url, ...tls, tlsCert })).toThrow(refused);
  });
});
