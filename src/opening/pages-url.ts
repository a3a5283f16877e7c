/** `[pages]` of the config file: the address that mails name, and that passkeys are bound to. */
import * as z from 'zod';
import { Refusal } from '../errors.js';

const settings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(60)
    .transform((text) => new URL(text)),
});

/** Without a slash at its end; null if there is none. Refusal `config`: a browser keeps passkeys and cookies from plain HTTP. */
export function pagesUrlOf(pages: unknown): string | null {
  if (pages === undefined) return null;
  const given = settings.safeParse(pages).data?.url;
  const safe = given !== undefined && (given.protocol === 'https:' || given.hostname === 'localhost');
  if (safe && `${given.pathname}${given.search}${given.hash}${given.username}` === '/') return given.origin;
  throw new Refusal('config', '[pages]: url must be an https address without a path, or http://localhost', {
    hint: 'Such as: url = "https://desk.example.com"',
  });
}
