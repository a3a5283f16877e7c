/** `init`: makes store, master key and first admin (B70). It refuses a store that has a desk already. */

import * as z from 'zod';
import { finishEstablishing } from '../../procedures/operators/establish-desk.js';
import { type NewOperator, prepareOperator } from '../../procedures/operators/make-operator.js';
import { type NewToken, prepareToken } from '../../procedures/operators/operator-tokens.js';
import { iso, readMoment } from '../../rules/moment.js';
import { qrCode } from '../../terminal/qr.js';
import type { Block } from '../../terminal/render.js';
import { askNewSecret } from '../ask-secret.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { localMinute } from '../wording/times.js';

const input = () =>
  z.object({
    operator: z.string().default('admin'),
    passwordStdin: z.boolean().default(false),
    token: z.boolean().default(false),
    expires: z.string().optional(),
  });

type Input = z.infer<ReturnType<typeof input>>;

const init = command<Input>({
  path: 'init',
  summary: 'make a desk: store, master key, first admin',
  examples: ['countersign init', 'countersign init --operator mira', 'countersign init --token --json'],
  access: 'anyone',
  options: [
    { flags: '--operator <name>', about: 'name of the first admin (default: admin)' },
    { flags: '--password-stdin', about: "read the admin's password from standard input" },
    { flags: '--token', about: 'set no password; print one admin token for scripts' },
    { flags: '--expires <when>', about: 'when the token expires: 24h, 30d or a date (default: 24h)' },
  ],
  input,
  run,
});

async function run(context: Context, given: Input): Promise<Result> {
  await context.house.refuseSecondDesk();
  const expiresAt =
    given.expires === undefined
      ? {}
      : { expiresAt: readMoment('expires', given.expires, context.house.now(), 'ahead') };
  const password = given.token
    ? null
    : await askNewSecret(context, given.passwordStdin, '--password-stdin', `Password for ${given.operator}`);
  const { desk, keyMade, keyPlace } = await context.house.establish();
  const operator = await prepareOperator(desk, { name: given.operator, role: 'admin', password });
  const token = given.token
    ? prepareToken(desk, { operatorId: operator.id, role: 'admin', label: 'init', ...expiresAt })
    : null;
  await finishEstablishing(desk, { operator, token });
  const places = { store: desk.store.place, key: keyPlace, keyMade };
  return {
    view: [
      { kind: 'verdict', verdict: 'DESK MADE', tone: 'good' },
      {
        kind: 'fields',
        rows: [
          ['Store', places.store],
          ['Master key', `${keyPlace}${keyMade ? '' : ' (used the key that was there)'}`],
          ['First admin', operator.name],
        ],
      },
      {
        kind: 'note',
        text: 'Without the master key nobody can open this store again. Keep a copy of the key away from the store.',
      },
      ...(await enrolmentBlocks(operator, context)),
      ...tokenBlocks(token),
      {
        kind: 'next',
        lines:
          token === null
            ? [`countersign login --operator ${operator.name}`, 'countersign account import FILE']
            : ['export COUNTERSIGN_TOKEN=…   (the token above)', 'countersign account import FILE'],
      },
    ],
    document: documentOf(operator, token, places),
  };
}

/** With `--token` the members that scripts read come first: the token and when it expires. */
function documentOf(operator: NewOperator, token: NewToken | null, places: object): unknown {
  const who = { id: operator.id, name: operator.name, role: operator.role };
  if (token !== null) return { token: token.token, expiresAt: iso(token.expiresAt), operator: who, ...places };
  return { operator: who, ...(operator.enrolment === null ? {} : { totp: operator.enrolment }), ...places };
}

export async function enrolmentBlocks(
  operator: Pick<NewOperator, 'name' | 'enrolment'>,
  context: Context,
): Promise<readonly Block[]> {
  if (operator.enrolment === null) return [];
  const code = (await qrCode(operator.enrolment.uri, context.style)).split('\n');
  return [
    { kind: 'blank' },
    {
      kind: 'lines',
      lines: [`Scan this with an authenticator app. ${operator.name} needs its code at each sign-in.`],
    },
    { kind: 'picture', lines: code },
    {
      kind: 'fields',
      rows: [
        ['By hand', operator.enrolment.secretBase32],
        ['As a link', operator.enrolment.uri],
      ],
    },
    { kind: 'note', text: 'This is shown only once. Clear the screen when the app has it.' },
  ];
}

export function tokenBlocks(token: NewToken | null): readonly Block[] {
  if (token === null) return [];
  return [
    { kind: 'blank' },
    {
      kind: 'fields',
      rows: [
        ['Token', token.token],
        ['Expires', localMinute(token.expiresAt)],
      ],
    },
    {
      kind: 'note',
      text: 'This is shown only once. Scripts pass it as COUNTERSIGN_TOKEN; keep it out of files that others can read.',
    },
  ];
}

export const commands: readonly Command[] = [init];
