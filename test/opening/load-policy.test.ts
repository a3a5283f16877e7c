/** The policy at start: what the build has checked is not checked again, everything else is (B02, B04). */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadPolicy, policyFingerprint } from '../../src/opening/load-policy.js';
import { dataFolder } from '../support/test-desk.js';

const top = mkdtempSync(join(tmpdir(), 'countersign-policy-'));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(top, 'data-'));
  for (const name of ['actions', 'roles', 'limits'])
    cpSync(join(dataFolder, `${name}.json`), join(folder, `${name}.json`));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Sets one limit far above its ceiling, and leaves every other byte alone. */
function loosen(): void {
  const file = join(folder, 'limits.json');
  const text = readFileSync(file, 'utf8');
  const loose = text.replace(/("lockFromFailure": *)\d+/, '$19999');
  expect(loose).not.toBe(text);
  writeFileSync(file, loose);
}

describe('the policy at start', () => {
  it('is the same and as frozen, whether it is checked now or was checked by the build', () => {
    const now = loadPolicy(folder, undefined);
    const before = loadPolicy(folder, policyFingerprint(folder));
    expect(before).toEqual(now);
    expect(Object.isFrozen(before.limits.throttle)).toBe(true);
    expect(Object.isFrozen(before.roles.customers.classic)).toBe(true);
  });

  it('is checked where one figure differs from what the build has checked', () => {
    const checked = policyFingerprint(folder);
    loosen();
    expect(() => loadPolicy(folder, checked)).toThrow(
      expect.objectContaining({ because: { reason: 'policy-wrong', facts: { source: folder, faults: 1 } } }),
    );
  });

  it('teeth: a start that took every file as checked would let that figure through', () => {
    loosen();
    expect(loadPolicy(folder, policyFingerprint(folder)).limits.throttle.lockFromFailure).toBe(9999);
  });

  it('is refused by the name of the file that is no JSON', () => {
    writeFileSync(join(folder, 'roles.json'), '{');
    expect(() => loadPolicy(folder, undefined)).toThrow(/roles\.json cannot be read/);
  });

  it.each([
    'hunter2-secret',
    '"hunter2-secret" x',
    '{"a":\n  hunter2-secret}',
    '{"hunter2-secret":1',
    '[1,\nhunter2-secret',
  ])('shows nothing of a file that is not JSON: %j (B79)', (text) => {
    writeFileSync(join(folder, 'actions.json'), text);
    expect(() => loadPolicy(folder, undefined)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hunter|secret/), code: 'config' }),
    );
  });

  it('shows nothing of a JSON file that is no policy, except the names of its members (B79)', () => {
    writeFileSync(join(folder, 'limits.json'), '{"password":"hunter2-secret","list":["hunter2-secret"]}');
    try {
      loadPolicy(folder, undefined);
      expect.unreachable('it is no policy');
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toMatch(/hunter2/);
    }
  });
});
