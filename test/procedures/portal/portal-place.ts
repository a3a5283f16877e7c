/**
 * Contoso's people in the portal (x-series: xena the admin, xavi a user; both with e-mail and phone), for suites of logins and
 * factors: passwords given, factors set up through the procedures, codes read from the messages as their owner would.
 */
import { join } from 'node:path';
import type { Desk } from '../../../src/desk.js';
import { isRefusal } from '../../../src/errors.js';
import type { FactorId } from '../../../src/factors/registry.js';
import type { AnswerKind } from '../../../src/procedures/codes/methods.js';
import { answerFactor } from '../../../src/procedures/factors/answer-factor.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { beginEnrolment } from '../../../src/procedures/factors/enrol-factor.js';
import { sendLoginCode } from '../../../src/procedures/factors/factor-choices.js';
import { newBackupCodes } from '../../../src/procedures/factors/manage-factors.js';
import { requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import type { PortalLogin } from '../../../src/procedures/portal/customer-login.js';
import { signInWithPassword } from '../../../src/procedures/portal/sign-in-user.js';
import { seconds } from '../../../src/rules/duration.js';
import { fromBase32, referenceCode } from '../../factors/reference.js';
import { newestCode } from '../../support/outbox-code.js';
import type { EngineName } from '../../support/test-desk.js';
import { type Login, type Northwind, northwind } from '../northwind.js';

export const PASSWORD = 'harbour velvet 9317';

export interface App {
  readonly id: string;
  readonly seed: Uint8Array;
}

export interface PortalPlace extends Northwind {
  /** The same desk with other figures. */
  deskWith(limits: (limits: Desk['policy']['limits']) => Partial<Desk['policy']['limits']>): Desk;
  signIn(
    login: Login,
    more?: { password?: string; deviceTokens?: readonly string[] },
  ): ReturnType<typeof signInWithPassword>;
  /** Everything for a login with an app: moves the clock to the next step, so that its code is a new one. */
  enter(login: Login, app: App, more?: { deviceTokens?: readonly string[] }): Promise<PortalLogin>;
  answer(login: PortalLogin, kind: AnswerKind, code: string): Promise<PortalLogin>;
  sentCode(login: PortalLogin, kind: FactorId): Promise<string>;
  /** Sets an app up in a login of its own. */
  giveApp(login: Login): Promise<App>;
  giveSent(login: Login, kind: FactorId): Promise<string>;
  giveBackupCodes(login: Login): Promise<readonly string[]>;
  code(app: App, stepsBack?: number): string;
  nextStep(): void;
  requireMfa(): Promise<void>;
  mailed(words: string): Promise<string>;
}

export async function portalPlace(engine: EngineName): Promise<PortalPlace> {
  const place = await northwind(engine);
  const { desk, clock } = place;
  const by = { kind: 'system', id: 'test', name: 'test' } as const;
  await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by }, async (write) => {
    await write.users.update('usr_acc_200500_xena', { phone: '+44 20 7946 0012', phone_digits: '442079460012' });
    await write.users.update('usr_acc_200500_xavi', { phone: '+44 20 7946 0034', phone_digits: '442079460034' });
  });
  for (const login of ['xena', 'xavi'] as const) await place.givePassword(login, PASSWORD);
  const step = seconds(desk.policy.limits.totp.stepSeconds);
  const code = (app: App, stepsBack = 0) =>
    referenceCode(app.seed, Math.floor((clock.now() - stepsBack * step) / 1000));
  const nextStep = () => clock.advance(step);
  const mailed = async (words: string) => (await newestCode(join(place.folder, 'outbox'), words)) ?? 'no code';
  const signIn: PortalPlace['signIn'] = async (login, { password = PASSWORD, deviceTokens = [] } = {}) =>
    signInWithPassword(desk, { account: (await place.user(login)).accountId, login, password, deviceTokens });
  const answer: PortalPlace['answer'] = (login, kind, typed) => answerFactor(desk, login, { kind, code: typed });
  return {
    ...place,
    deskWith: (limits) => ({
      ...desk,
      policy: { ...desk.policy, limits: { ...desk.policy.limits, ...limits(desk.policy.limits) } },
    }),
    signIn,
    answer,
    code,
    nextStep,
    mailed,
    enter: async (login, app, more) => {
      nextStep();
      return answer(await signIn(login, more), 'totp', code(app));
    },
    sentCode: async (login, kind) => {
      await sendLoginCode(desk, login, kind);
      return mailed(`${login.user.login}`);
    },
    giveApp: async (login) => {
      const app = await begunApp(desk, await place.login(login));
      const first = code(app);
      await confirmEnrolment(desk, await place.login(login), { kind: 'totp', code: first, replaces: undefined });
      return app;
    },
    giveSent: async (login, kind) => {
      const open = await place.login(login);
      await beginEnrolment(desk, open, { kind, enrolmentCode: undefined });
      const sent = await mailed(login);
      return (await confirmEnrolment(desk, open, { kind, code: sent, replaces: undefined })).id;
    },
    giveBackupCodes: async (login) => (await newBackupCodes(desk, await place.login(login))).codes,
    requireMfa: async () => void (await requireMfa(desk, await place.login('xena'), true)),
  };
}

export async function begunApp(desk: Desk, login: PortalLogin, enrolmentCode?: string): Promise<App> {
  const { begun } = await beginEnrolment(desk, login, { kind: 'totp', enrolmentCode });
  if (begun.family !== 'generated') throw new Error('not an app');
  return { id: begun.id, seed: fromBase32(begun.secretBase32.replace(/ /g, '')) };
}

/** How many of these went through; anything but a refusal is a bug and is thrown. */
export async function countDone(works: readonly Promise<unknown>[]): Promise<number> {
  const settled = await Promise.allSettled(works);
  for (const one of settled) if (one.status === 'rejected' && !isRefusal(one.reason)) throw one.reason;
  return settled.filter((one) => one.status === 'fulfilled').length;
}
