/** `policy show`, `policy check`, `policy accept`: the rules in force, policy files before they are used, and which policy is the desk's. */
import type { PolicyPin } from '../../desk.js';
import { acceptPolicy } from '../../procedures/upkeep/care-for-store.js';
import type { Policy } from '../../rules/policy.js';
import { type Command, command } from '../command.js';
import { block, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const show = command({
  path: 'policy show',
  access: 'policy:read',
  anyPolicy: true,
  run: async ({ desk, words }) => {
    const { policy, policyHash: hash, pin } = desk;
    const waiting = pin.accepted ? undefined : pin.offered;
    const inWords = (figure: number | boolean): string =>
      typeof figure === 'number' ? String(figure) : words(figure ? 'mfa.yes' : 'mfa.no');
    return {
      view: [
        block.title(words('policy.in-force')),
        block.fields([words('policy.from'), policy.source], ['SHA-256', hash]),
        block.blank,
        block.table(
          [words('policy.request'), words('policy.title')],
          policy.actions.map(({ id, title }) => [id, words.term('actionTitle', title)]),
        ),
        block.blank,
        ...roleBlocks(policy, words),
        block.blank,
        block.table(
          [words('policy.limit'), { title: words('policy.value'), align: 'right' }],
          Object.entries(policy.limits).flatMap(([group, limits]) =>
            typeof limits === 'number'
              ? [[group, String(limits)]]
              : Object.entries(limits).map(([name, figure]) => [`${group}.${name}`, inWords(figure)]),
          ),
        ),
        ...(pin.accepted ? [] : waitingBlocks(pin, words)),
      ],
      document: { policy: { hash, ...pick(policy, 'source', 'categories', 'roles', 'limits'), waiting } },
    };
  },
});

/** The settings name another policy than the one that the desk has accepted. */
const waitingBlocks = ({ offered: { source, hash } }: PolicyPin, words: Words) => [
  block.blank,
  block.note(words('policy.not-accepted', { source, hash })),
  block.next('countersign policy check', 'countersign policy accept'),
];

/** One line for each role, its permissions in the order of the policy file. The renderer wraps them. */
function roleBlocks({ roles }: Policy, words: Words) {
  const customers = Object.entries(roles.customers).flatMap(([edition, rules]) =>
    Object.entries(rules).map(([role, { holds }]) => [`${edition} ${role}`, words('policy.holds', { holds })] as const),
  );
  const operators = Object.entries(roles.operators).map(([role, held]) => [role, held.join(', ')] as const);
  const relaxed = roles.withoutSecondFactor.join(', ') || words('policy.nobody');
  return [
    block.title(words('policy.customers')),
    block.fields(...customers),
    block.blank,
    block.title(words('policy.operators')),
    block.fields(
      ...operators,
      [words('policy.fresh-code'), roles.freshCode.join(', ')],
      [words('policy.no-factor'), relaxed],
    ),
  ];
}

const check = command({
  path: 'policy check',
  access: 'anyone',
  anyPolicy: true,
  arguments: [{ name: '[dir]', path: 'here' }],
  run: async ({ context, words }, { dir }) => {
    const folder = dir ?? (await context.settings()).policyFolder ?? context.house.dataFolder;
    const policy = await context.house.readPolicy(folder);
    const counts = { actions: policy.actions.length, roles: Object.keys(policy.roles.operators).length };
    return {
      view: [
        block.verdict(words('policy.valid')),
        block.fields([words('policy.folder'), folder], [words('policy.requests'), String(counts.actions)]),
      ],
      document: { policy: { source: folder, sound: true, ...counts } },
    };
  },
});

const accept = command({
  path: 'policy accept',
  access: 'store:manage',
  anyPolicy: true,
  run: async ({ desk, signed, words }) => {
    const { before, after, follows, changed } = await acceptPolicy(desk, signed);
    const { source } = desk.pin.offered;
    return {
      view: [
        block.verdict(words(changed ? 'policy.accepted' : 'policy.accepted-already')),
        block.fields(
          [words('policy.from'), source],
          ['SHA-256', after],
          [words('policy.before'), changed ? (before ?? words('policy.none')) : null],
        ),
        ...(follows ? [block.note(words('policy.follows'))] : []),
      ],
      document: { policy: { source, before, after, follows, changed } },
    };
  },
});

export const commands: readonly Command[] = [show, check, accept];
