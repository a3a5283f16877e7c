/** `mfa reconcile`: what stands at the other systems, beside what the log says (B93). */
import { allAccounts } from '../../procedures/directory/export-directory.js';
import { findAccount } from '../../procedures/directory/find-account.js';
import { type Compared, reconcileRemotes } from '../../procedures/upkeep/reconcile-remotes.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

const reconcile = command({
  path: 'mfa reconcile',
  access: 'mfa:reset-bulk',
  options: ['--account <account>'],
  run: async ({ context, desk, signed, words }, { account }) => {
    const accounts = account === undefined ? await allAccounts(desk) : [await findAccount(desk, account)];
    const compared = await reconcileRemotes(desk, signed, accounts, context.signal);
    const drifts = compared.filter(({ drift }) => drift !== null);
    return {
      view: [
        block.verdict(
          words('remote.compared', { count: compared.length, drifts: drifts.length }),
          drifts.length === 0 ? 'good' : 'warn',
        ),
        block.table(
          [words('remote.system'), words('remote.person'), words('remote.log'), words('remote.there')],
          drifts.map(({ account: { number }, user, remote, there, drift }) => [
            remote.connector,
            `${number}/${user.login}`,
            remote.state,
            drift === null ? '' : words(`remote.drift-${drift}`, { kinds: there.join(', ') }),
          ]),
          words('remote.same'),
        ),
      ],
      document: { reconciled: { people: compared.length, drifts: drifts.map(driftDocument) } },
      exit: exitOf(drifts),
    };
  },
});

const driftDocument = ({ account, user, remote, there, drift }: Compared) => ({
  account: account.number,
  user: user.id,
  login: user.login,
  connector: remote.connector,
  external: user.external,
  log: remote.state,
  there,
  drift,
});

/** 7 if a system could not be read, 4 if it says something else. */
const exitOf = (drifts: readonly Compared[]): number =>
  drifts.some(({ drift }) => drift === 'not-read') ? 7 : drifts.length > 0 ? 4 : 0;

export const commands: readonly Command[] = [reconcile];
