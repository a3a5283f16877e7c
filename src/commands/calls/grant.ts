/** `grant list`, `grant revoke`: live grants of verified callers (B08). */

import { listGrants, revokeGrant } from '../../procedures/calls/grants.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { moments } from '../wording/documents.js';
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
          words.all('grants.grant', 'grants.caller', 'grants.for', 'grants.operator', 'grants.until'),
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
        grants: grants.map((grant) => ({ ...grant, ...moments(grant, 'createdAt', 'expiresAt') })),
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
