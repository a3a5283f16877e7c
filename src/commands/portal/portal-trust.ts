/** `portal devices`, `portal sessions`: owners see what is remembered and open, and end what they do not know (B82). */
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { answerKinds, questionOf } from '../../procedures/codes/methods.js';
import {
  type Ended,
  endSessions,
  forgetDevices,
  listDevices,
  listSessions,
  type ShownSession,
} from '../../procedures/portal/devices-and-sessions.js';
import { iso } from '../../rules/moment.js';
import { type Command, command, type Result } from '../command.js';
import { block } from '../wording/blocks.js';
import { counted } from '../wording/counted.js';
import { localMinute } from '../wording/times.js';
import { readDevices } from './portal-device.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession } from './portal-session.js';

const devices = command({
  path: 'portal devices list',
  summary: 'list the devices that are not asked for a code',
  examples: ['countersign portal devices list --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const rows = await listDevices(desk, login, await readDevices(context, given.device));
      return {
        view: [
          block.table(
            ['device', 'remembered', 'not asked until', ''],
            rows.map((row) => [
              row.id,
              localMinute(row.rememberedAt),
              localMinute(row.expiresAt),
              row.here ? 'this device' : '',
            ]),
            'No device is remembered.',
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
  summary: 'forget a remembered device, or all: its next login is asked for a code',
  examples: [
    'countersign portal devices forget dev_… --account 100234 --as ana',
    'countersign portal devices forget --all --account 100234 --as ana',
  ],
  access: 'anyone',
  arguments: [{ name: '[id]', about: 'id of the device, see portal devices list' }],
  options: [{ flags: '--all', about: 'forget every device' }, ...PORTAL_OPTIONS],
  input: () => z.object({ ...portalShape(), id: z.string().optional(), all: z.boolean().default(false) }),
  run: async (context, given) => {
    const which = oneOrAll(given.id, given.all ? ('all' as const) : undefined, {
      option: '--all',
      list: 'portal devices list',
    });
    return openSession(context, given, async ({ desk, login }) => ended(await forgetDevices(desk, login, which)));
  },
});

const sessions = command({
  path: 'portal sessions list',
  summary: 'list where you are signed in',
  examples: ['countersign portal sessions list --account 100234 --as ana'],
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const rows = await listSessions(desk, login);
      return {
        view: [
          block.table(
            ['session', 'signed in', 'last used', 'with', ''],
            rows.map((row) => [
              row.id,
              localMinute(row.openedAt),
              localMinute(row.lastSeenAt),
              methodWords(row),
              row.current ? 'this one' : '',
            ]),
            'Nobody is signed in.',
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
  summary: 'end one of your sessions, or all but this one',
  examples: [
    'countersign portal sessions end ses_… --account 100234 --as ana',
    'countersign portal sessions end --others --account 100234 --as ana',
  ],
  access: 'anyone',
  arguments: [{ name: '[id]', about: 'id of the session, see portal sessions list' }],
  options: [{ flags: '--others', about: 'end every session but this one' }, ...PORTAL_OPTIONS],
  input: () => z.object({ ...portalShape(), id: z.string().optional(), others: z.boolean().default(false) }),
  run: async (context, given) => {
    const which = oneOrAll(given.id, given.others ? ('others' as const) : undefined, {
      option: '--others',
      list: 'portal sessions list',
    });
    return openSession(context, given, async ({ desk, login }) =>
      ended(await endSessions(desk, login, which, await readDevices(context, given.device))),
    );
  },
});

/** Exactly one of the two must be given. */
function oneOrAll<A extends string>(
  id: string | undefined,
  all: A | undefined,
  { option, list }: { option: string; list: string },
): { id: string } | A {
  const next = { hint: `See: countersign ${list}` };
  if (id !== undefined && all !== undefined) {
    throw new Refusal('usage', `name one, or give ${option}, but not both`, next);
  }
  if (all !== undefined) return all;
  if (id !== undefined) return { id };
  throw new Refusal('missing-option', `missing: <id>, or ${option}`, next);
}

function ended(done: Ended): Result {
  const lines = [
    ...(done.devices.length === 0 ? [] : [`Forgotten: ${counted(done.devices.length, 'device')}.`]),
    ...(done.sessions.length === 0 ? [] : [`Ended: ${counted(done.sessions.length, 'session')}.`]),
  ];
  return {
    view: [block.lines(...(lines.length === 0 ? ['There was nothing to end.'] : lines))],
    document: { devices: { forgotten: done.devices }, sessions: { ended: done.sessions } },
  };
}

function methodWords({ method, state }: ShownSession): string {
  const words = proofWords(method);
  return state === 'done' ? words : `${words}; not finished`;
}

function proofWords(method: string): string {
  if (method === 'sso') return 'single sign-on';
  const proof = method.startsWith('password+') ? method.slice('password+'.length) : '';
  if (proof === 'device') return 'password, remembered device';
  if (proof === 'enrolment') return 'password, method set up';
  const kind = answerKinds.find((one) => one === proof);
  return kind === undefined ? 'password' : `password, ${questionOf(kind).toLowerCase()}`;
}

export const commands: readonly Command[] = [devices, forget, sessions, end];
