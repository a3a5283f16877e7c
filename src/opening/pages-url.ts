/** `[pages]` of the config file: the address that mails name and passkeys are bound to, and the certificate of `serve`. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Refusal } from '../errors.js';

const settings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(60)
    .transform((text) => new URL(text)),
  tlsCert: z.string().startsWith('/').optional(),
  tlsKey: z.string().startsWith('/').optional(),
});

/** Without a slash at its end; null if there is none. Refusal `config`: a browser keeps passkeys and cookies from plain HTTP. */
export function pagesUrlOf(pages: unknown): string | null {
  if (pages === undefined) return null;
  const { data, error } = settings.safeParse(pages);
  const given = data?.url;
  if (error?.issues.some(({ path }) => path[0] !== 'url'))
    throw new Refusal('config', '[pages] has url, tlsCert and tlsKey, the last two as whole paths, and nothing else', {
      hint: 'Correct the config file, then check it with: countersign doctor',
    });
  const safe = given !== undefined && (given.protocol === 'https:' || given.hostname === 'localhost');
  if (safe && `${given.pathname}${given.search}${given.hash}${given.username}` === '/') return given.origin;
  throw new Refusal('config', '[pages]: url must be an https address without a path, or http://localhost', {
    hint: 'Such as: url = "https://desk.example.com"',
  });
}

/** Certificate chain and key, PEM; null if none is named. Whole paths: whoever starts it chooses where it starts. Refusal `config` if only one is, or one cannot be read. */
export function pagesTlsOf(pages: unknown): { readonly cert: string; readonly key: string } | null {
  const { tlsCert, tlsKey } = settings.safeParse(pages).data ?? {};
  if (tlsCert === undefined && tlsKey === undefined) return null;
  try {
    return { cert: readFileSync(tlsCert ?? '', 'utf8'), key: readFileSync(tlsKey ?? '', 'utf8') };
  } catch (cause) {
    throw new Refusal('config', `[pages]: ${(cause as Error).message}`, { hint: 'tlsCert and tlsKey go together.' });
  }
}
