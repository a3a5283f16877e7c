/** `grant list`, `grant revoke`: live grants of verified callers (B08). */
import { listGrants, revokeGrant } from '../../procedures/calls/grants.js';
import { type Command, command } from '../command.js';
import { block, localClock, moments } from '../wording/results.js';

const list = command({
  path: 'grant list',
  access: 'verify',
  run: async ({ desk, words }) => {
    const grants = await listGrants(desk);
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
      document: { grants: grants.map((grant) => ({ ...grant, ...moments(grant, 'createdAt', 'expiresAt') })) },
    };
  },
});

const revoke = command({
  path: 'grant revoke',
  access: 'verify',
  arguments: ['<grant>'],
  run: async ({ desk, signed, words }, { grant }) => {
    const ended = await revokeGrant(desk, signed, grant);
    const line = words(ended ? 'grants.revoked' : 'grants.ended', { id: grant });
    return { view: [block.lines(line)], document: { grant: { id: grant, revoked: ended } } };
  },
});

export const commands: readonly Command[] = [list, revoke];
