/** Keys, policy and notary are opened once a run, and handed on: a key command is a person at a smart card, or a call to a vault. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { restoreStore } from '../../src/custody/restore-store.js';
import { loadPolicy } from '../../src/opening/load-policy.js';
import { readKeyring } from '../../src/opening/master-key.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk } from '../../src/opening/open-desk.js';
import { notaryFor } from '../../src/opening/open-notary.js';
import { finishEstablishing } from '../../src/procedures/operators/establish-desk.js';
import { prepareOperator } from '../../src/procedures/operators/make-operator.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { builtDesk, requireBuilt } from '../support/built-desk.js';
import { CHEAP, dataFolder, testDesk } from '../support/test-desk.js';

describe('what a run opens', () => {
  beforeAll(requireBuilt, 300_000);

  it('on the way of a restore that loses something, with its second operator: each once', async () => {
    const made = await testDesk('sqlite');
    onTestFinished(() => made.close());
    const operator = await prepareOperator(made.desk, { name: 'mira', role: 'admin' });
    await finishEstablishing(made.desk, { operator, token: null, recovery: null });
    const signed = await made.operator('admin');
    const backup = join(made.folder, 'backup.db');
    await made.desk.store.backup(backup);
    const later = { kind: 'call.general', outcome: 'done', at: made.clock.now(), by: SYSTEM } as const;
    await made.desk.store.record(later, async () => undefined);

    const count = { keys: 0, policy: 0, notary: 0 };
    const parts = { settings: made.settings, dataFolder, now: made.clock.now, clockAsGiven: true, hashing: CHEAP };
    const custody = openCustody(parts, {
      loadPolicy: (...args) => [count.policy++, loadPolicy(...args)][1] as ReturnType<typeof loadPolicy>,
      readKeyring: (...args) => [count.keys++, readKeyring(...args)][1] as ReturnType<typeof readKeyring>,
      notaryFor: (...args) => [count.notary++, notaryFor(...args)][1] as ReturnType<typeof notaryFor>,
    });
    // The command opens the desk first, to see who is restoring.
    await (await openDesk(custody)).store.close();
    const approve = async () => ({ kind: 'operator', id: 'op_second', name: 'lena' }) as const;
    const restored = await restoreStore(custody, backup, { acceptRollback: true, signed, approve });
    expect(restored.kept).not.toBeNull();
    // One before the id of the store is known, one with the keys of that store.
    expect(count).toEqual({ keys: 1, policy: 1, notary: 2 });
  });

  it.each([['store restore'], ['doctor'], ['operator list']])(
    'the built command runs the key command once: %s',
    async (line) => {
      const desk = await builtDesk('sqlite');
      onTestFinished(() => desk.close());
      const { token } = (await desk.must(['init', '--token', '--json'])) as { token: string };
      const signed = { COUNTERSIGN_TOKEN: token };
      const backup = join(desk.home, 'backup.db');
      await desk.must(['store', 'backup', backup], undefined, signed);
      const runs = join(desk.home, 'runs');
      const key = join(desk.home, 'config', 'countersign', 'master.key');
      const script = join(desk.home, 'key.sh');
      writeFileSync(script, `echo run >> '${runs}'; cat '${key}'\n`);
      const [first = '', second = ''] = line.split(' ');
      const args = line === 'store restore' ? [first, second, backup] : [first, second].filter(Boolean);
      const env = { ...signed, COUNTERSIGN_KEY_COMMAND: `sh '${script}'` };
      const ended = await desk.run([...args, ...(line === 'store restore' ? ['--accept-rollback'] : [])], '', env);
      expect([ended.code, readFileSync(runs, 'utf8')], ended.stderr).toEqual([expect.any(Number), 'run\n']);
    },
  );
});
