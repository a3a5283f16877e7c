/**
 * The locked console: nothing of the call is on the screen until the operator has given the password again. Then the call goes on where
 * it was. The session that was idle stays over; signing in opens a new one.
 */
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import { signInOperator } from '../../procedures/operators/sign-in-operator.js';
import { minutes } from '../../rules/duration.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { type LiveSession, stillSignedIn } from './console-session.js';

/** Reasons that a password mends; an operator who is disabled or has another role is not asked for one. */
const MENDED = ['session-idle', 'session-too-old', 'session-ended', 'nobody-signed-in'];

export const canUnlock = ({ signed }: LiveSession, error: unknown): error is Refusal =>
  isRefusal(error) && signed.via === 'session' && MENDED.includes(error.because?.reason ?? '');

/** Locks the screen once nobody pressed a key for as long as a session may be idle. A token has no password to ask for. */
export function lockWhenIdle(session: LiveSession): void {
  const { screen, desk, signed } = session;
  if (signed.via !== 'session') return;
  const { idleMinutes } = desk.policy.limits.operatorSession;
  screen.lockWhenIdle(minutes(idleMinutes), () =>
    unlock(session, refusal('not-signed-in', 'session-idle', { minutes: idleMinutes }, 'sign-in')),
  );
}

/** Asks until the password is right. Esc leaves the console. */
export async function unlock(session: LiveSession, why: Refusal): Promise<void> {
  const { context, desk, screen, signed, words } = session;
  const { name } = signed.operator;
  screen.wipe();
  const { worded } = await import('../wording/worded.js');
  let said = why;
  for (;;) {
    const view = () => {
      const { message, hint } = worded(said, 'desk', words);
      return lockedView(session, message, said.because?.reason === 'sign-in-wrong' ? hint : undefined);
    };
    const given = await screen.phrase({ view, message: words('lock.password', { name }), keys: [] });
    if (given === undefined || 'key' in given) throw refusal('not-signed-in', 'left-locked', {}, 'sign-in');
    try {
      const code = async () => (await screen.line({ view, message: words('lock.code') })) ?? '';
      const { token } = await signInOperator(desk, { name, password: given.text, code });
      await context.sessions.write('operator', 'desk', token);
      session.signed = await stillSignedIn(context, desk);
      return;
    } catch (error) {
      // Locked out, disabled or lowered meanwhile: said here, so that nothing of the call is shown to find it out.
      if (!isRefusal(error) || !['not-signed-in', 'locked', 'factor-needed'].includes(error.code)) throw error;
      said = error;
    }
  }
}

function lockedView({ call, signed, words }: LiveSession, message: string, hint: string | undefined): View {
  const stays = call === null ? [] : [words('lock.call-stays', { id: call.id })];
  return [
    block.title(words('lock.title'), signed.operator.name),
    block.blank,
    block.verdict(words('lock.locked'), 'warn'),
    block.lines(
      `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}.`,
      ...(hint === undefined ? [] : [hint]),
      ...stays,
      words('lock.go-on'),
    ),
  ];
}
