/**
 * Sets up an authenticator app at the terminal: a QR code that fits 80x24 together with the question below it, and the first code in the
 * same place (B80). So nobody leaves with an app that does not work.
 */
import type { StartedOperator } from '../../procedures/operators/start-operator.js';
import { qrCode } from '../../terminal/qr.js';
import type { Block } from '../../terminal/render.js';
import type { Context } from '../command.js';
import { block } from '../wording/results.js';
import { type Words, wordsOf } from '../wording/words.js';

/** The secret is in groups of four. */
type ShownSecret = NonNullable<StartedOperator['totp']>;

/** Scripts need the secret without the spaces between its groups. */
export const bareSecret = ({ uri, secretBase32 }: ShownSecret): ShownSecret => ({
  uri,
  secretBase32: secretBase32.replaceAll(' ', ''),
});

/** A QR code of at most 37 modules (version 5, level L) takes 21 rows; a longer text would push its top off the screen. */
const FITS = 106;

/** The address with as much of its labels as fits: what an app shows beside the code, never the secret. */
export function shortAddress(uri: string): string {
  const [, label = '', query = ''] = /^otpauth:\/\/totp\/([^?]*)\?(.*)$/.exec(uri) ?? [];
  const secret = query.split('&').filter((part) => !part.startsWith('issuer='));
  const name = label.split(':').at(-1) ?? label;
  const shorter = [
    uri,
    `otpauth://totp/${label}?${secret.join('&')}`,
    `otpauth://totp/${name}?${secret.join('&')}`,
    `otpauth://totp/countersign?${secret.join('&')}`,
  ];
  return shorter.find((text) => Buffer.byteLength(text) <= FITS) ?? shorter.at(-1) ?? uri;
}

/** `prove` answers undefined for a wrong code, which is asked again below a new picture. */
export async function askFirstCode<T>(
  context: Context,
  secret: ShownSecret,
  prove: (code: string) => Promise<T | undefined>,
): Promise<T> {
  const picture = (await qrCode(shortAddress(secret.uri), context.style)).trimEnd().split('\n');
  const prompts = await context.ask.prompts('--totp');
  const words = wordsOf(context);
  const byHand = block.lines(words('sign.by-hand', { secret: secret.secretBase32 }));
  for (let line = words('sign.scan-first'); ; line = words('sign.scan-again')) {
    await context.show([block.lines(line), block.picture(...picture), byHand]);
    const done = await prove(await prompts.line({ message: words('sign.first-code') }));
    if (done !== undefined) return done;
  }
}

/** For a person at a pipe, who proves the app later. */
export async function secretBlocks(context: Context, secret: ShownSecret): Promise<readonly Block[]> {
  const picture = (await qrCode(secret.uri, context.style)).split('\n');
  const words = wordsOf(context);
  return [
    block.blank,
    block.lines(words('sign.scan')),
    block.picture(...picture),
    block.fields([words('portal.by-hand'), secret.secretBase32], [words('portal.as-link'), secret.uri]),
    block.note(words('sign.secret-once')),
  ];
}

export const recoveryBlocks = (codes: readonly string[], words: Words): readonly Block[] => [
  block.blank,
  block.lines(words('sign.recovery')),
  block.lines(...codes.map((code) => `  ${code}`)),
  block.note(words('sign.recovery-once')),
];
