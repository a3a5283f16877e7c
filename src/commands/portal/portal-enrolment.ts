/**
 * Sets up a second factor at a terminal or from a script: first a QR code or a sent code, then a first code that proves it. A person
 * does both in one command; a script starts, gets exit 5 with what it needs, and confirms with `--code` (B31, B34, B57).
 */
import type { Desk } from '../../desk.js';
import { exitOf, Refusal } from '../../errors.js';
import { type MethodId, methodIds, methods } from '../../procedures/codes/methods.js';
import { confirmEnrolment, type EnrolledFactor } from '../../procedures/factors/confirm-factor.js';
import { type BegunEnrolment, beginEnrolment, enrolmentCodeMissing } from '../../procedures/factors/enrol-factor.js';
import { sendOwedEnrolmentCode } from '../../procedures/factors/owed-enrolment-code.js';
import { type PortalLogin, whoOf } from '../../procedures/portal/customer-login.js';
import { qrCode } from '../../terminal/qr.js';
import type { Block } from '../../terminal/render.js';
import type { Context, Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import { block } from '../wording/blocks.js';
import { askCodes } from './portal-factor.js';
import { optionsOf } from './portal-given.js';

export interface EnrolmentGiven {
  readonly kind: MethodId;
  /** The first code, which confirms an enrolment that was started before. */
  readonly code: string | undefined;
  readonly enrolmentCode: string | undefined;
  readonly replaces: string | undefined;
}

/** Returns the factor, or what a script must do next. Refusals: those of `beginEnrolment` and `confirmEnrolment`. */
export async function enrol(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  given: EnrolmentGiven,
): Promise<EnrolledFactor | Result> {
  const { kind, replaces } = given;
  if (given.code !== undefined) return confirmEnrolment(desk, login, { kind, code: given.code, replaces });
  const enrolmentCode = given.enrolmentCode ?? (await askEnrolmentCode(context, desk, login));
  const { begun, login: ready } = await beginEnrolment(desk, login, { kind, enrolmentCode, replaces });
  if (!context.ask.possible) {
    return waitingForCode(
      context,
      begun,
      `${optionsOf(whoOf(login))}${replaces === undefined ? '' : ` --replace ${replaces}`}`,
    );
  }
  await context.show(await begunBlocks(context, begun));
  return askCodes(context, (code) => confirmEnrolment(desk, ready, { kind, code, replaces }), 'First code');
}

/** Offers every method, but not backup codes (B34). */
export async function chooseEnrolment(context: Context): Promise<MethodId> {
  const prompts = await context.ask.prompts(`portal mfa add ${methodIds.join('|')}`);
  return prompts.choose({
    message: 'Your company requires a second sign-in method. Which?',
    choices: methods.map(({ id, title }) => ({ name: title, value: id })),
  });
}

/** The mailed code if one is needed (B57), otherwise undefined. Refusal `enrolment-needed` if nobody can be asked. */
export async function askEnrolmentCode(
  context: Context,
  desk: Desk,
  login: PortalLogin,
  again = false,
): Promise<string | undefined> {
  if (login.session.state === 'enrolment-needed') return undefined;
  const owed = await sendOwedEnrolmentCode(desk, login, again);
  if (owed === 'not-needed') return undefined;
  if (!context.ask.possible || owed === 'ask-desk') throw enrolmentCodeMissing(owed);
  context.notice('A one-time enrolment code is in the mail to the address on file.');
  const prompts = await context.ask.prompts('--enrolment-code');
  const typed = await prompts.line({ message: 'Enrolment code (Enter alone sends another)' });
  return typed.trim() === '' ? askEnrolmentCode(context, desk, login, true) : typed;
}

/** A method is no use yet where no login asks for one. */
export function notAskedYet({ account }: PortalLogin): readonly { readonly code: string; readonly message: string }[] {
  if (account.mfaRequiredAt !== null) return [];
  const why =
    account.edition === 'x-series'
      ? 'It is not asked for until MFA is on; an admin of your company turns it on.'
      : 'It is not asked for: only X Series accounts have multi-factor authentication.';
  return [{ code: 'not-asked-for-yet', message: why }];
}

async function begunBlocks(context: Context, begun: BegunEnrolment): Promise<readonly Block[]> {
  if (begun.family === 'sent') return [block.lines(`A code was sent to ${begun.to}.`)];
  return [
    block.lines('Scan this with an authenticator app, or type the secret into it.'),
    block.picture(...(await qrCode(begun.uri, context.style)).split('\n')),
    block.fields(['By hand', begun.secretBase32], ['As a link', begun.uri]),
    block.note('This is shown only once. Clear the screen when the app has it.'),
  ];
}

/** For scripts: prints the secret; exit 5 says that a code must follow. */
async function waitingForCode(context: Context, begun: BegunEnrolment, options: string): Promise<Result> {
  const next = `countersign portal mfa add ${begun.kind} ${options} --code CODE`;
  const refusal = new Refusal('factor-needed', 'a first code is needed to finish the set-up', {
    hint: `Give it with: ${next}`,
  });
  const { family: _, kind, id, ...rest } = begun;
  const bare = 'secretBase32' in rest ? { secretBase32: rest.secretBase32.replaceAll(' ', '') } : {};
  return {
    view: [...(await begunBlocks(context, begun)), block.next(next)],
    document: { ...(errorDocument(refusal) as object), enrolment: { id, kind, state: 'pending', ...rest, ...bare } },
    exit: exitOf('factor-needed'),
  };
}
