/** Under --json a failure says so in the member `error`, also beside what was found out. */
import { describe, expect, it } from 'vitest';
import type { Command, Context } from '../../../src/commands/command.js';
import { commands as care } from '../../../src/commands/upkeep/doctor.js';
import { commands as keys } from '../../../src/commands/upkeep/key.js';
import { commands as outbox } from '../../../src/commands/upkeep/outbox.js';

const run = (commands: readonly Command[], path: string, context: object, given: object) => {
  const english = { language: 'en', read: () => undefined, now: () => 0 };
  const whole = {
    options: { json: true },
    tongue: english,
    operator: () => undefined,
    ...context,
  } as unknown as Context;
  const [spec] = commands.filter((one) => one.path === path);
  if (spec === undefined) throw new Error('no such command');
  return spec.run(whole, given as never);
};

describe('a failure for scripts', () => {
  it('doctor: findings beside the error, and none without', async () => {
    const doctor = (state: string) => {
      const house = { inspect: async () => [{ state, subject: 'Store', text: 'x', mend: 'y' }] };
      return run(care, 'doctor', { house }, {});
    };
    expect(await doctor('wrong')).toMatchObject({
      exit: 7,
      document: { error: { code: 'config', message: expect.any(String) }, findings: [{ state: 'wrong' }] },
    });
    expect((await doctor('ok')).document).toEqual({ findings: [expect.anything()] });
  });

  it('key restore --check with the key of another store', async () => {
    const house = { openKeyBackup: async () => ({ keyId: 'k1', place: '/k', fitsStore: false }) };
    const files = { readText: async () => '', readSecretLine: async () => 'x' };
    const given = { file: 'k', check: true, passphraseStdin: true };
    expect(await run(keys, 'key restore', { house, files }, given)).toMatchObject({
      exit: 8,
      document: { error: { code: 'key-mismatch' }, key: { id: 'k1', fitsStore: false } },
    });
  });

  it('connector check: out of reach is a failure, a finding is not', async () => {
    const check = (why: string | null) => {
      const connector = { kind: 'okta', check: async () => ({ why, missing: ['x'], tooMany: [], notes: [] }) };
      const desk = async () => ({ connectors: { pick: async () => connector } });
      return run(outbox, 'connector check', { desk }, { name: 'north' });
    };
    expect(await check('unreachable')).toMatchObject({ exit: 7, document: { error: { code: 'delivery-failed' } } });
    expect(await check(null)).toMatchObject({ exit: 4, document: { check: { why: null } } });
    expect((await check(null)).document).not.toHaveProperty('error');
  });
});
