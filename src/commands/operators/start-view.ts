/** What an admin sees of a start code, and the JSON of it. */
import type { AddedOperator } from '../../procedures/operators/make-operator.js';
import type { Recovered } from '../../procedures/operators/recover-operator.js';
import type { StartCode } from '../../procedures/operators/start-code.js';
import { iso } from '../../rules/moment.js';
import type { Block } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

type Mail = AddedOperator['mail'];

/** Sent means that the server took it. */
const mailRow = ({ to, state }: NonNullable<Mail>): readonly [string, string] => {
  if (state === 'delivered') return ['Mailed to', to];
  if (state === 'queued') return ['Mail', `queued for ${to}; see: countersign outbox list`];
  return ['Mail', `not sent, because ${to} was refused; hand the code over`];
};

export function startBlocks(name: string, start: StartCode | null, mail: Mail): readonly Block[] {
  if (start === null) return [];
  const { code, expiresAt } = start;
  return [
    block.blank,
    block.fields(
      ['Start code', code],
      ['Valid until', localMinute(expiresAt)],
      ...(mail === null ? [] : [mailRow(mail)]),
    ),
    block.note(
      `This is shown only once. Hand it to ${name} in person or by a way that you trust. Nobody else needs it.`,
    ),
    block.next(`countersign operator start ${name} --code ${code}   (typed by ${name})`),
  ];
}

export const startDocument = (start: StartCode | null, mail: Mail = null) =>
  start === null
    ? {}
    : {
        startCode: start.code,
        expiresAt: iso(start.expiresAt),
        ...(mail === null ? {} : { mail }),
        ...(mail?.state === 'delivered' ? { mailedTo: mail.to } : {}),
      };

export function recoveredView(done: Recovered): readonly Block[] {
  const { operator, start, waits, sessions, tokens } = done;
  const lines = waits
    ? [
        `${operator.name} can start again from ${localMinute(start.validFrom)}, because no second operator could be asked.`,
        'Until then the old password and app work, and a sign-in with them ends this recovery.',
      ]
    : [`The old password and app of ${operator.name} do not work any more. Ended: ${sessions} sessions.`];
  return [
    block.verdict(waits ? 'RECOVERY WAITS' : 'RECOVERED', waits ? 'warn' : 'good'),
    block.lines(...lines),
    ...tokenBlocks(done),
    ...startBlocks(operator.name, start, null),
  ];

  function tokenBlocks({ operator: { name } }: Recovered): readonly Block[] {
    if (tokens.length === 0) return [];
    return [
      block.blank,
      block.lines(`Tokens of ${name} still work. Revoke those that you do not know:`),
      block.table(
        ['id', 'role', 'for', 'expires'],
        tokens.map((row) => [row.id, row.role, row.label, localMinute(row.expires_at)]),
      ),
    ];
  }
}

export const recoveredDocument = ({ operator, start, waits, sessions, tokens }: Recovered) => ({
  operator,
  ...startDocument(start),
  waits,
  validFrom: iso(start.validFrom),
  ended: { sessions },
  tokens: tokens.map(({ id, role, label, expires_at }) => ({ id, role, label, expiresAt: iso(expires_at) })),
});
