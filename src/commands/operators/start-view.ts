/** What an admin sees of a start code, and the JSON of it. */
import type { AddedOperator } from '../../procedures/operators/make-operator.js';
import type { Recovered } from '../../procedures/operators/recover-operator.js';
import type { StartCode } from '../../procedures/operators/start-code.js';
import { iso } from '../../rules/moment.js';
import type { Block } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import type { Words } from '../wording/words.js';

type Mail = AddedOperator['mail'];

/** Sent means that the server took it. */
const mailRow = ({ to, state }: NonNullable<Mail>, words: Words): readonly [string, string] => {
  if (state === 'delivered') return [words('staff.mailed'), to];
  return [words('staff.mail'), words(state === 'queued' ? 'staff.mail-queued' : 'staff.mail-refused', { to })];
};

export function startBlocks(name: string, start: StartCode | null, mail: Mail, words: Words): readonly Block[] {
  if (start === null) return [];
  const { code, expiresAt } = start;
  return [
    block.blank,
    block.fields(
      [words('sign.start-code'), code],
      [words('staff.until'), localMinute(expiresAt)],
      ...(mail === null ? [] : [mailRow(mail, words)]),
    ),
    block.note(words('staff.hand-over', { name })),
    block.next(words('staff.next-start', { name, code })),
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

export function recoveredView({ operator, start, waits, sessions, tokens }: Recovered, words: Words): readonly Block[] {
  const { name } = operator;
  const lines = waits
    ? [words('staff.starts-later', { name, from: start.validFrom }), words('staff.until-then')]
    : [words('staff.recovered-is', { name, sessions })];
  const verdict = words(waits ? 'staff.waits' : 'staff.recovered');
  const live = [
    block.blank,
    block.lines(words('staff.tokens-work', { name })),
    block.table(
      [words('mfa.id'), words('approval.col-role'), words('approval.col-for'), words('staff.expires')],
      tokens.map((row) => [row.id, words.term('roleTitle', row.role), row.label, localMinute(row.expires_at)]),
    ),
  ];
  return [
    block.verdict(verdict, waits ? 'warn' : 'good'),
    block.lines(...lines),
    ...(tokens.length === 0 ? [] : live),
    ...startBlocks(name, start, null, words),
  ];
}

export const recoveredDocument = ({ operator, start, waits, sessions, tokens }: Recovered) => ({
  operator,
  ...startDocument(start),
  waits,
  validFrom: iso(start.validFrom),
  ended: { sessions },
  tokens: tokens.map(({ id, role, label, expires_at }) => ({ id, role, label, expiresAt: iso(expires_at) })),
});
