/** `grant list`, `grant revoke`: live grants of verified callers (B08). */

import { listGrants, revokeGrant } from '../../procedures/calls/grants.js';
import { iso } from '../../rules/moment.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localClock } from '../wording/times.js';
import { wordsOf } from '../wording/words.js';

const list = command({
  path: 'grant list',
  access: 'verify',
  run: async (context) => {
    const words = wordsOf(context);
    const grants = await listGrants(await context.desk());
    return {
      view: [
        block.table(
          [
            words('grants.grant'),
            words('grants.caller'),
            words('grants.for'),
            words('grants.operator'),
            words('grants.until'),
          ],
          grants.map((grant) => [
            grant.id,
            `${grant.account.number}/${grant.caller.login}`,
            grant.action,
            grant.operator.name,
            localClock(grant.expiresAt),
          ]),
          words('grants.none'),
        ),
      ],
      document: {
        grants: grants.map((grant) => ({
          ...grant,
          createdAt: iso(grant.createdAt),
          expiresAt: iso(grant.expiresAt),
        })),
      },
    };
  },
});

const revoke = command({
  path: 'grant revoke',
  access: 'verify',
  arguments: ['<grant>'],
  run: async (context, { grant }) => {
    const ended = await revokeGrant(await context.desk(), context.operator(), grant);
    const line = wordsOf(context)(ended ? 'grants.revoked' : 'grants.ended', { id: grant });
    return { view: [block.lines(line)], document: { grant: { id: grant, revoked: ended } } };
  },
});

export const commands: readonly Command[] = [list, revoke];
