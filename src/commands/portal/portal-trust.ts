/** `portal devices`, `portal sessions`: owners see what is remembered and open, and end what they do not know (B82). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { answerKinds } from '../../procedures/codes/methods.js';
import {
  type Ended,
  endSessions,
  forgetDevices,
  listDevices,
  listSessions,
  type ShownSession,
} from '../../procedures/portal/devices-and-sessions.js';
import { iso } from '../../rules/moment.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { type Words, wordsOf } from '../wording/words.js';
import { readDevices } from './portal-device.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession } from './portal-session.js';

const devices = command({
  path: 'portal devices list',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      const rows = await listDevices(desk, login, await readDevices(context, given.device));
      return {
        view: [
          block.table(
            [words('trust.device'), words('trust.remembered'), words('trust.until'), ''],
            rows.map((row) => [
              row.id,
              localMinute(row.rememberedAt),
              localMinute(row.expiresAt),
              row.here ? words('trust.this-device') : '',
            ]),
            words('trust.no-device'),
          ),
        ],
        document: {
          devices: rows.map(({ id, rememberedAt, expiresAt, here }) => ({
            id,
            rememberedAt: iso(rememberedAt),
            expiresAt: iso(expiresAt),
            current: here,
          })),
        },
      };
    }),
});

const forget = command({
  path: 'portal devices forget',
  access: 'anyone',
  arguments: ['[id]'],
  options: ['--all', ...PORTAL_OPTIONS],
  input: () => z.object({ ...portalShape(), id: z.string().optional(), all: z.boolean().default(false) }),
  run: async (context, given) => {
    const which = oneOrAll(context, given.id, given.all ? ('all' as const) : undefined, {
      option: '--all',
      list: 'portal devices list',
    });
    return openSession(context, given, async ({ desk, login }) =>
      ended(await forgetDevices(desk, login, which), wordsOf(context)),
    );
  },
});

const sessions = command({
  path: 'portal sessions list',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      const rows = await listSessions(desk, login);
      return {
        view: [
          block.table(
            [words('trust.session'), words('trust.signed-in'), words('trust.last-used'), words('trust.with'), ''],
            rows.map((row) => [
              row.id,
              localMinute(row.openedAt),
              localMinute(row.lastSeenAt),
              methodWords(row, words),
              row.current ? words('trust.this-one') : '',
            ]),
            words('trust.nobody'),
          ),
        ],
        document: {
          sessions: rows.map(({ id, state, method, openedAt, lastSeenAt, expiresAt, current }) => ({
            id,
            state,
            method,
            openedAt: iso(openedAt),
            lastSeenAt: iso(lastSeenAt),
            expiresAt: iso(expiresAt),
            current,
          })),
        },
      };
    }),
});

const end = command({
  path: 'portal sessions end',
  access: 'anyone',
  arguments: ['[id]'],
  options: ['--others', ...PORTAL_OPTIONS],
  input: () => z.object({ ...portalShape(), id: z.string().optional(), others: z.boolean().default(false) }),
  run: async (context, given) => {
    const which = oneOrAll(context, given.id, given.others ? ('others' as const) : undefined, {
      option: '--others',
      list: 'portal sessions list',
    });
    return openSession(context, given, async ({ desk, login }) =>
      ended(await endSessions(desk, login, which, await readDevices(context, given.device)), wordsOf(context)),
    );
  },
});

/** Exactly one of the two must be given. */
function oneOrAll<A extends string>(
  context: Context,
  id: string | undefined,
  all: A | undefined,
  { option, list }: { option: string; list: string },
): { id: string } | A {
  const words = wordsOf(context);
  const next = { hint: words('trust.see', { list }) };
  if (id !== undefined && all !== undefined) {
    throw new Refusal('usage', words('trust.not-both', { option }), next);
  }
  if (all !== undefined) return all;
  if (id !== undefined) return { id };
  throw new Refusal('missing-option', words('trust.missing', { option }), next);
}

function ended(done: Ended, words: Words): Result {
  const lines = [
    ...(done.devices.length === 0 ? [] : [words('trust.forgotten', { count: done.devices.length })]),
    ...(done.sessions.length === 0 ? [] : [words('trust.ended', { count: done.sessions.length })]),
  ];
  return {
    view: [block.lines(...(lines.length === 0 ? [words('trust.nothing')] : lines))],
    document: { devices: { forgotten: done.devices }, sessions: { ended: done.sessions } },
  };
}

function methodWords({ method, state }: ShownSession, words: Words): string {
  const proof = proofWords(method, words);
  return state === 'done' ? proof : words('trust.unfinished', { words: proof });
}

function proofWords(method: string, words: Words): string {
  if (method === 'sso') return words('trust.sso');
  const proof = method.startsWith('password+') ? method.slice('password+'.length) : '';
  if (proof === 'device') return words('trust.by-device');
  if (proof === 'enrolment') return words('trust.by-set-up');
  const kind = answerKinds.find((one) => one === proof);
  return kind === undefined ? words('trust.by-password') : words('trust.by-code', { kind });
}

export const commands: readonly Command[] = [devices, forget, sessions, end];
