/** B93: a desk's own connector, as the example that comes with countersign, and commands that do not behave. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectorAt, connectorsAt, person, testEffects } from './places.js';

const EXAMPLE = path.join(import.meta.dirname, '../../data/examples/connector-command.mjs');

describe('B93: command', () => {
  let folder: string;
  let people: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'connector-'));
    people = path.join(folder, 'people.json');
    writeFileSync(people, JSON.stringify({ ana: { factors: [{ kind: 'totp', name: 'phone', id: '1' }] } }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const script = (text: string): string => {
    const file = path.join(folder, 'own.mjs');
    writeFileSync(file, text);
    return `'${process.execPath}' '${file}'`;
  };
  const reset = (line: string, timeoutMs = 10_000, steps = {}) =>
    connectorsAt('command', { url: line, effects: testEffects({ timeoutMs }) }).reset('x', person('ana'), steps);

  it('the example resets, has nothing to do the second time, and checks', async () => {
    const line = `'${process.execPath}' '${EXAMPLE}' '${people}'`;
    expect(await reset(line)).toMatchObject({ state: 'reset', removed: ['totp'], sessions: 'stay' });
    expect(JSON.parse(readFileSync(people, 'utf8'))).toEqual({ ana: { factors: [] } });
    expect(await reset(line)).toMatchObject({ state: 'nothing' });
    const connector = await connectorAt('command', { url: line });
    expect(await connector.find(person('zoe'))).toBe('none');
    expect(await connector.check()).toEqual({ reachable: true, why: null, missing: [], tooMany: [], notes: [] });
  });

  it.each([
    ['prints no JSON', "process.stdout.write('CANARY')", 'garbage'],
    ['prints a list', "process.stdout.write('[]')", 'garbage'],
    ['ends with 1', 'process.exitCode = 1', 'command-failed'],
    ['prints more than 64 KB', "process.stdout.write(' '.repeat(70_000))", 'too-large'],
    ['says an error of its own', `process.stdout.write('{"error":"CANARY"}')`, 'command-failed'],
    ['finds no answer', 'setInterval(() => undefined, 1_000)', 'time-out'],
  ])('one that %s', async (_, text, why) => {
    const outcome = await reset(script(text), why === 'time-out' ? 700 : 10_000);
    expect(outcome).toMatchObject({ state: 'unreachable', why });
    expect(JSON.stringify(outcome)).not.toContain('CANARY');
  });

  it('one that says no is refused', async () => {
    expect(await reset(script(`process.stdout.write('{"error":"forbidden"}')`))).toMatchObject({
      state: 'refused',
      why: 'forbidden',
    });
  });

  it('one that does not end is stopped, with what it started', async () => {
    const pids = path.join(folder, 'pids');
    expect(await reset(`sleep 60 & echo $! $$ > '${pids}'; wait`, 500)).toMatchObject({ why: 'time-out' });
    const [child, shell] = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    for (const pid of [child, shell])
      await vi.waitFor(() => expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH'), { timeout: 10_000 });
  });

  it('it gets the person on its standard input, and no secret in argv or environment', async () => {
    const seen = path.join(folder, 'seen.json');
    const line = script(`
      import { readFileSync, writeFileSync } from 'node:fs';
      const input = readFileSync(0, 'utf8');
      writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ input, env: process.env, argv: process.argv }));
      process.stdout.write('{"found":"none"}');`);
    process.env['COUNTERSIGN_TOKEN'] = 'CANARY-token';
    try {
      expect(await reset(line)).toMatchObject({ state: 'unknown' });
    } finally {
      delete process.env['COUNTERSIGN_TOKEN'];
    }
    const { input, env, argv } = JSON.parse(readFileSync(seen, 'utf8'));
    expect(JSON.parse(input)).toEqual({
      version: 1,
      do: 'find',
      person: { login: 'ana', email: null, external: null },
    });
    expect(JSON.stringify([env, argv])).not.toMatch(/CANARY|ana"/);
  });

  it('a token command is asked once, and again when its token is over', async () => {
    const tokens = path.join(folder, 'asked');
    const line = `echo x >> '${tokens}'; echo "tok-$(wc -l < '${tokens}' | tr -d ' ')"`;
    const seen: unknown[] = [];
    const effects = testEffects({
      resolveHost: async () => ['93.184.216.34'],
      fetch: (async (_: string, init: RequestInit) => {
        seen.push(new Headers(init.headers).get('authorization'));
        const headers = { 'content-type': 'application/json' };
        return new Response('[]', { status: seen.length === 2 ? 401 : 200, headers });
      }) as typeof fetch,
    });
    const table = { kind: 'lemonldap', url: 'https://x.example', tokenCommand: line };
    const { openConnectors } = await import('../../src/connectors/registry.js');
    // A run picks it again for each person.
    const connectors = openConnectors({ x: table }, effects);
    await (await connectors.pick('x')).factors('ana');
    await (await connectors.pick('x')).factors('ana');
    expect(seen).toEqual(['Bearer tok-1', 'Bearer tok-1', 'Bearer tok-2']);
  });
});
