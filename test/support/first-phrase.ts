/** A first passphrase on the set-up call, with the code that its owner reads in the mail (B85). */
import { join } from 'node:path';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { type SetUp, sendSetUpCode, setUpPassphrase } from '../../src/procedures/passphrases/set-up-passphrase.js';
import { newestCode } from './outbox-code.js';

/** `folder`: of the desk's data, with its outbox. */
export async function setUpByCode(
  { desk, folder }: { readonly desk: Desk; readonly folder: string },
  agent: SignedOperator,
  setUp: SetUp,
  phrase: string,
): Promise<void> {
  await sendSetUpCode(desk, agent, setUp);
  const code = await newestCode(join(folder, 'outbox'), setUp.user.email);
  await setUpPassphrase(desk, agent, setUp, { code, phrase: async () => phrase });
}
