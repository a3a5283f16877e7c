/** `portal devices`, `portal sessions`: owners see what is remembered and open, and end what they do not know (B82). */
import { Refusal } from '../../errors.js';
import { answerKinds } from '../../procedures/codes/methods.js';
import {
  type Ended,
  endSessions,
  forgetDevices,
  listDevices,
  listSessions,
} from '../../procedures/portal/devices-and-sessions.js';
import type { Command, Result } from '../command.js';
import { block, localMinute, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { readDevices } from './portal-given.js';
import { portalCommand } from './portal-session.js';

const devices = portalCommand({
  path: 'portal devices list',
  run: async ({ context, desk, login, words }, given) => {
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
        devices: rows.map((row) => ({ id: row.id, ...moments(row, 'rememberedAt', 'expiresAt'), current: row.here })),
      },
    };
  },
});

const forget = portalCommand({
  path: 'portal devices forget',
  arguments: ['[id]'],
  options: ['--all'],
  run: async ({ desk, login, words }, { id, all }) =>
    ended(await forgetDevices(desk, login, oneOrAll(words, id, all, 'all')), words),
});

const sessions = portalCommand({
  path: 'portal sessions list',
  run: async ({ desk, login, words }) => {
    const rows = await listSessions(desk, login);
    const proofOf = ({ method }: (typeof rows)[number]) => proofWords(method, words);
    return {
      view: [
        block.table(
          [words('trust.session'), words('trust.signed-in'), words('trust.last-used'), words('trust.with'), ''],
          rows.map((row) => [
            row.id,
            localMinute(row.openedAt),
            localMinute(row.lastSeenAt),
            row.state === 'done' ? proofOf(row) : words('trust.unfinished', { words: proofOf(row) }),
            row.current ? words('trust.this-one') : '',
          ]),
          words('trust.nobody'),
        ),
      ],
      document: {
        sessions: rows.map((row) => ({
          ...pick(row, 'id', 'state', 'method'),
          ...moments(row, 'openedAt', 'lastSeenAt', 'expiresAt'),
          current: row.current,
        })),
      },
    };
  },
});

const end = portalCommand({
  path: 'portal sessions end',
  arguments: ['[id]'],
  options: ['--others'],
  run: async ({ context, desk, login, words }, { id, others, device }) => {
    const which = oneOrAll(words, id, others, 'others');
    return ended(await endSessions(desk, login, which, await readDevices(context, device)), words);
  },
});

/** An id, or all of them by the option of that name: exactly one of the two must be given. */
function oneOrAll<A extends 'all' | 'others'>(words: Words, id: string | undefined, all: boolean, named: A) {
  if (id !== undefined && !all) return { id };
  if (id === undefined && all) return named;
  const list = named === 'all' ? 'portal devices list' : 'portal sessions list';
  const [code, key] = all ? (['usage', 'trust.not-both'] as const) : (['missing-option', 'trust.missing'] as const);
  throw new Refusal(code, words(key, { option: `--${named}` }), { hint: words('trust.see', { list }) });
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

function proofWords(method: string, words: Words): string {
  if (method === 'sso') return words('trust.sso');
  const proof = method.startsWith('password+') ? method.slice('password+'.length) : '';
  if (proof === 'device') return words('trust.by-device');
  if (proof === 'enrolment') return words('trust.by-set-up');
  const kind = answerKinds.find((one) => one === proof);
  return kind === undefined ? words('trust.by-password') : words('trust.by-code', { kind });
}

export const commands: readonly Command[] = [devices, forget, sessions, end];
