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
import { type Words, wordsOf } from '../wording/words.js';
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
  return askCodes(
    context,
    (code) => confirmEnrolment(desk, ready, { kind, code, replaces }),
    wordsOf(context)('portal.first-code'),
  );
}

/** Offers every method, but not backup codes (B34). */
export async function chooseEnrolment(context: Context): Promise<MethodId> {
  const words = wordsOf(context);
  const prompts = await context.ask.prompts(`portal mfa add ${methodIds.join('|')}`);
  return prompts.choose({
    message: words('portal.which-method'),
    choices: methods.map(({ id }) => ({ name: words.term('factorTitle', id), value: id })),
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
  const words = wordsOf(context);
  context.notice(words('portal.code-mailed'));
  const prompts = await context.ask.prompts('--enrolment-code');
  const typed = await prompts.line({ message: words('portal.enrolment-code') });
  return typed.trim() === '' ? askEnrolmentCode(context, desk, login, true) : typed;
}

/** A method is no use yet where no login asks for one. */
export function notAskedYet(
  { account }: PortalLogin,
  words: Words,
): readonly { readonly code: string; readonly message: string }[] {
  if (account.mfaRequiredAt !== null) return [];
  return [{ code: 'not-asked-for-yet', message: words(`portal.not-asked-${account.edition}`) }];
}

async function begunBlocks(context: Context, begun: BegunEnrolment): Promise<readonly Block[]> {
  const words = wordsOf(context);
  if (begun.family === 'sent') return [block.lines(words('portal.code-sent', { to: begun.to }))];
  return [
    block.lines(words('portal.scan')),
    block.picture(...(await qrCode(begun.uri, context.style)).split('\n')),
    block.fields([words('portal.by-hand'), begun.secretBase32], [words('portal.as-link'), begun.uri]),
    block.note(words('portal.shown-once')),
  ];
}

/** For scripts: prints the secret; exit 5 says that a code must follow. */
async function waitingForCode(context: Context, begun: BegunEnrolment, options: string): Promise<Result> {
  const next = `countersign portal mfa add ${begun.kind} ${options} --code CODE`;
  const words = wordsOf(context);
  const hint = words('portal.give-with', { command: next });
  const refusal = new Refusal('factor-needed', words('portal.first-code-needed'), { hint });
  const { family: _, kind, id, ...rest } = begun;
  const bare = 'secretBase32' in rest ? { secretBase32: rest.secretBase32.replaceAll(' ', '') } : {};
  return {
    view: [...(await begunBlocks(context, begun)), block.next(next)],
    document: { ...(errorDocument(refusal) as object), enrolment: { id, kind, state: 'pending', ...rest, ...bare } },
    exit: exitOf('factor-needed'),
  };
}
