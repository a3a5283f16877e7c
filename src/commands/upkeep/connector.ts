/** `connector list`, `connector check`: the other systems where logins are reset (B93), and whether their tokens may do just that. */
import type { Desk } from '../../desk.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/results.js';

const list = command({
  path: 'connector list',
  access: 'outbox:read',
  run: async ({ desk, words }) => {
    const { connectors } = desk;
    const all = await Promise.all(connectors.names().map((name) => connectors.settings(name)));
    const open = all.filter(({ gate }) => gate.kind !== 'suspend').map(({ name }) => name);
    return {
      view: [
        block.table(
          (['name', 'kind', 'gate', 'place'] as const).map((column) => words(`connector.${column}`)),
          all.map(({ name, kind, gate, place }) => [name, kind, words.term('gate', gate.kind), place]),
          words('connector.no-connector'),
        ),
        ...(open.length === 0 ? [] : [block.blank, block.note(words('connector.open-gate', { open }))]),
      ],
      document: { connectors: all.map(({ name, kind, gate, place }) => ({ name, kind, place, gate })) },
    };
  },
});

type Check = Awaited<ReturnType<Awaited<ReturnType<Desk['connectors']['pick']>>['check']>>;

const check = command({
  path: 'connector check',
  access: 'outbox:flush',
  arguments: ['<name>'],
  run: async ({ context, desk, words }, { name }) => {
    const connector = await desk.connectors.pick(name, context.signal);
    const found = await connector.check();
    const findings = [
      ...(found.why === null ? [] : [words('connector.in-the-way', { trouble: found.why })]),
      ...found.missing.map((permission) => words('connector.missing', { permission })),
      ...found.tooMany.map((permission) => words('connector.too-many', { permission })),
      ...found.notes.map((checkNote) => words('connector.note', { checkNote })),
    ];
    return {
      view: [
        findings.length === 0
          ? block.verdict(words('connector.all-right'))
          : block.verdict(words('connector.findings', { count: findings.length }), 'bad'),
        block.lines(...findings),
      ],
      document: { check: { name, kind: connector.kind, ...found } },
      exit: exitOf(found),
    };
  },
});

/** Out of reach, partly right, right. */
const exitOf = ({ why, missing, tooMany, notes }: Check): number =>
  why !== null ? 7 : missing.length + tooMany.length + notes.length > 0 ? 4 : 0;

export const commands: readonly Command[] = [list, check];
