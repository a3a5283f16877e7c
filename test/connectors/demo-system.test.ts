/** The identity system of the demo: it answers as Keycloak's document says, so the connector for Keycloak resets somebody there (B93). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/test-desk.js';
import { connectorAt, connectorsAt, person, testEffects } from './places.js';

const data = join(repositoryRoot, 'data');
const MARGARET = 'margaret.peacock';

describe('the identity system of the demo', () => {
  let folder: string;
  let child: ChildProcess;
  let url: string;
  const people = () =>
    JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8')) as { credentials: { type: string }[] }[];
  const places = () => {
    const effects = testEffects({ readFile: async () => readFileSync(join(folder, 'identity-token'), 'utf8').trim() });
    return { url, table: { realm: 'demo' }, gate: 'link' as const, effects };
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-identity-'));
    cpSync(join(data, 'demo', 'identity.json'), join(folder, 'identity.json'));
    const script = join(data, 'examples', 'identity-system.mjs');
    child = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    url = line.toString().trim();
  });
  afterAll(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the check finds nothing to mend, and the token is for its owner alone', async () => {
    const check = await (await connectorAt('keycloak', places())).check();
    expect(check).toMatchObject({ reachable: true, why: null, missing: [], tooMany: [] });
    expect(statSync(join(folder, 'identity-token')).mode & 0o077).toBe(0);
  });

  it('a reset takes the second factors and leaves the password; again there is nothing; nobody is unknown', async () => {
    const reset = (login: string) => connectorsAt('keycloak', places()).reset('x', person(login));
    expect(await reset(MARGARET)).toMatchObject({ state: 'reset', removed: ['otp'], left: [], sessions: 'ended' });
    expect(people()[0]?.credentials).toEqual([expect.objectContaining({ type: 'password' })]);
    expect(await reset(MARGARET)).toMatchObject({ state: 'nothing' });
    expect(await reset('margaret')).toMatchObject({ state: 'unknown' });
  });

  it('whoever has no token is not answered', async () => {
    expect((await fetch(`${url}/admin/realms/demo/users`)).status).toBe(401);
  });

  it('it ends with the demo, because its standard input does', async () => {
    child.stdin?.end();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
