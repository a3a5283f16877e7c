/** `policy show`, `policy check`, `policy accept`: the rules in force, policy files before they are used, and which policy is the desk's. */
import * as z from 'zod';
import type { PolicyPin } from '../../desk.js';
import { acceptPolicy } from '../../procedures/upkeep/care-for-store.js';
import type { Policy } from '../../rules/policy.js';
import type { Block, View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

const show = command({
  path: 'policy show',
  access: 'policy:read',
  anyPolicy: true,
  input: () => z.object({}),
  run: async (context) => {
    const { policy, policyHash, pin } = await context.desk();
    return {
      view: [...policyView(policy, policyHash), ...(pin.accepted ? [] : waitingBlocks(pin))],
      document: {
        policy: { ...policyDocument(policy, policyHash), ...(pin.accepted ? {} : { waiting: pin.offered }) },
      },
    };
  },
});

/** The settings name another policy than the one that the desk has accepted. */
const waitingBlocks = ({ offered }: PolicyPin): View => [
  block.blank,
  block.note(
    `The settings name the policy in ${offered.source} (SHA-256 ${offered.hash}). The desk has not accepted it.`,
  ),
  block.next('countersign policy check', 'countersign policy accept'),
];

const policyDocument = ({ source, categories, roles, limits }: Policy, hash: string) => ({
  hash,
  source,
  categories,
  roles,
  limits,
});

function policyView(policy: Policy, hash: string): View {
  return [
    block.title('Policy in force'),
    block.fields(['From', policy.source], ['SHA-256', hash]),
    block.blank,
    block.table(
      ['protected request', 'title'],
      policy.actions.map(({ id, title }) => [id, title]),
    ),
    block.blank,
    ...roleBlocks(policy),
    block.blank,
    block.table(
      ['limit', { title: 'value', align: 'right' }],
      Object.entries(policy.limits).flatMap(([group, limits]) =>
        typeof limits === 'number'
          ? [[group, String(limits)]]
          : Object.entries(limits).map(([name, figure]) => [`${group}.${name}`, inWords(figure)]),
      ),
    ),
  ];
}

const inWords = (figure: number | boolean): string =>
  typeof figure === 'number' ? String(figure) : figure ? 'yes' : 'no';

/** One line for each role, its permissions in the order of the policy file. The renderer wraps them. */
function roleBlocks({ roles }: Policy): readonly Block[] {
  const customers = Object.entries(roles.customers).flatMap(([edition, rules]) =>
    Object.entries(rules).map(
      ([role, rule]) => [`${edition} ${role}`, `holds ${rule.holds.replace(/-/g, ' ')}`] as const,
    ),
  );
  const operators = Object.entries(roles.operators).map(([role, held]) => [role, held.join(', ')] as const);
  const fresh: readonly [string, string] = ['fresh code for', roles.freshCode.join(', ')];
  const relaxed: readonly [string, string] = ['no second factor for', roles.withoutSecondFactor.join(', ') || 'nobody'];
  return [
    block.title('Customers'),
    block.fields(...customers),
    block.blank,
    block.title('Operators'),
    block.fields(...operators, fresh, relaxed),
  ];
}

const check = command({
  path: 'policy check',
  access: 'anyone',
  anyPolicy: true,
  arguments: [
    {
      name: '[dir]',
      path: 'here',
    },
  ],
  input: () => z.object({ dir: z.string().optional() }),
  run: async (context, { dir }) => {
    const folder = dir ?? (await context.settings()).policyFolder ?? context.house.dataFolder;
    const policy = await context.house.readPolicy(folder);
    const counts = { actions: policy.actions.length, roles: Object.keys(policy.roles.operators).length };
    return {
      view: [
        block.verdict('THE POLICY IS VALID'),
        block.fields(['Folder', folder], ['Protected requests', String(counts.actions)]),
      ],
      document: { policy: { source: folder, sound: true, ...counts } },
    };
  },
});

const accept = command({
  path: 'policy accept',
  access: 'store:manage',
  anyPolicy: true,
  input: () => z.object({}),
  run: async (context) => {
    const desk = await context.desk();
    const { before, after, follows, changed } = await acceptPolicy(desk, context.operator());
    const { source } = desk.pin.offered;
    return {
      view: [
        block.verdict(changed ? 'POLICY ACCEPTED' : 'THE POLICY IS ACCEPTED ALREADY'),
        block.fields(['From', source], ['SHA-256', after], ...(changed ? [['Before', before ?? 'none'] as const] : [])),
        ...(follows ? [block.note('The desk follows this policy when countersign is updated.')] : []),
      ],
      document: { policy: { source, before, after, follows, changed } },
    };
  },
});

export const commands: readonly Command[] = [show, check, accept];
