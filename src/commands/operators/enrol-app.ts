/**
 * Sets up an authenticator app at the terminal: a QR code that fits 80x24 together with the question below it, and the first code in the
 * same place (B80). So nobody leaves with an app that does not work.
 */

import { qrCode } from '../../terminal/qr.js';
import type { Block } from '../../terminal/render.js';
import type { Context } from '../command.js';
import { block } from '../wording/blocks.js';

export interface ShownSecret {
  readonly uri: string;
  /** In groups of four. */
  readonly secretBase32: string;
}

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
  for (let line = 'Scan this with an authenticator app, then type the code that it shows.'; ; ) {
    await context.show([block.lines(line), block.picture(...picture), block.lines(`By hand: ${secret.secretBase32}`)]);
    const done = await prove(await prompts.line({ message: 'First code from the app' }));
    if (done !== undefined) return done;
    line = 'That code is wrong. Type the next one, or scan again.';
  }
}

/** For a person at a pipe, who proves the app later. */
export async function secretBlocks(context: Context, secret: ShownSecret): Promise<readonly Block[]> {
  const picture = (await qrCode(secret.uri, context.style)).split('\n');
  return [
    block.blank,
    block.lines('Scan this with an authenticator app. Each sign-in needs its code.'),
    block.picture(...picture),
    block.fields(['By hand', secret.secretBase32], ['As a link', secret.uri]),
    block.note('This is shown only once. Clear the screen when the app has it.'),
  ];
}

/** Recovery codes, shown once. */
export const recoveryBlocks = (codes: readonly string[]): readonly Block[] => [
  block.blank,
  block.lines('Recovery codes, for the day on which you lose your authenticator. Each works once:'),
  block.lines(...codes.map((code) => `  ${code}`)),
  block.note(
    'These are shown only once. Print them and keep them in a safe, not on this machine and not beside your password.',
  ),
];
