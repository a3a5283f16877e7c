/** The accepted policy (B79): another one in force is refused until an admin accepts it, judged by the policy that comes with countersign. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { establishDesk, openDesk, openEngine } from '../../src/opening/open-desk.js';
import { finishEstablishing } from '../../src/procedures/operators/establish-desk.js';
import { prepareOperator } from '../../src/procedures/operators/make-operator.js';
import { acceptPolicy } from '../../src/procedures/upkeep/care-for-store.js';
import { CHEAP, dataFolder, engines, START, type TestDesk, testDesk } from '../support/test-desk.js';

const LOOSE = { unaccepted: 'shipped policy' } as const;

describe.each(engines)('the accepted policy (B79) on %s', (engine) => {
  let place: TestDesk;
  let own: string;
  let opened: Desk[];
  let admin: SignedOperator;

  const custody = (policyFolder: string | null, shipped = dataFolder) =>
    openCustody({
      settings: { ...place.settings, policyFolder },
      dataFolder: shipped,
      now: () => START,
      clockAsGiven: true,
      hashing: CHEAP,
    });
  const open = async (policyFolder: string | null, choice?: typeof LOOSE, shipped?: string): Promise<Desk> => {
    const desk = await openDesk(custody(policyFolder, shipped), choice);
    opened.push(desk);
    return desk;
  };
  /** A policy of its own, in which agents may look after the store, and accept a policy. */
  function ownPolicy(name: string, lockFrom: number): string {
    const folder = join(place.folder, name);
    cpSync(dataFolder, folder, { recursive: true });
    const roles = JSON.parse(readFileSync(join(folder, 'roles.json'), 'utf8'));
    roles.operators.agent.push('store:manage', 'directory:write', 'user:unlock');
    roles.freshCode.push('agent');
    writeFileSync(join(folder, 'roles.json'), JSON.stringify(roles));
    const limits = readFileSync(join(folder, 'limits.json'), 'utf8');
    writeFileSync(join(folder, 'limits.json'), limits.replace(/("lockFromFailure": *)\d+/, `$1${lockFrom}`));
    return folder;
  }

  beforeEach(async () => {
    place = await testDesk(engine);
    opened = [];
    own = ownPolicy('own', 4);
    const operator = await prepareOperator(place.desk, { name: 'first', role: 'admin' });
    await finishEstablishing(place.desk, { operator, token: null, recovery: null });
    admin = await place.operator('admin');
  });
  afterEach(async () => {
    for (const desk of opened) await desk.store.close();
    await place.close();
  });
  const hashOf = (folder: string) => custody(folder).notary.policyHash;
  const denied = { code: 'config', hint: expect.stringMatching(/countersign policy accept/) };

  it('is the one in force at init; another one is refused', async () => {
    expect((await open(null)).pin).toMatchObject({ pinned: 'countersign', accepted: true });
    await expect(openDesk(custody(own))).rejects.toMatchObject(denied);
  });

  it('is judged by the policy that comes with countersign, never by the one to be accepted', async () => {
    const agent = await place.operator('agent');
    const desk = await open(own, LOOSE);
    expect(desk.policyHash).toBe(place.desk.policyHash);
    await expect(acceptPolicy(desk, agent)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(acceptPolicy(desk, { ...admin, via: 'token', tokenId: null })).rejects.toMatchObject({
      code: 'not-signed-in',
    });
    await expect(openDesk(custody(own))).rejects.toMatchObject(denied);
  });

  it('changes when an admin accepts it, with both hashes in the log', async () => {
    const done = await acceptPolicy(await open(own, LOOSE), admin);
    expect(done).toEqual({ before: place.desk.policyHash, after: hashOf(own), follows: false, changed: true });
    const desk = await open(own);
    expect(desk.policyHash).toBe(hashOf(own));
    const [entry] = await desk.store.read.audit.newest({ kind: 'policy.accepted' }, 1);
    expect(JSON.parse(entry?.body ?? '')).toMatchObject({
      outcome: 'done',
      by: { id: admin.operator.id },
      detail: { before: place.desk.policyHash, after: hashOf(own) },
    });
    await expect(openDesk(custody(null))).rejects.toMatchObject(denied);
    await expect(openDesk(custody(ownPolicy('other', 3)))).rejects.toMatchObject(denied);
    expect(await acceptPolicy(desk, admin)).toMatchObject({ changed: false });
    expect(await acceptPolicy(await open(null, LOOSE), admin)).toMatchObject({
      after: place.desk.policyHash,
      follows: true,
    });
    await open(null);
  });

  it('of a desk that follows countersign goes along with an update; an own one does not', async () => {
    const updated = ownPolicy('updated', 3);
    expect((await open(null, undefined, updated)).policyHash).toBe(hashOf(updated));
    await acceptPolicy(await open(own, LOOSE), admin);
    expect((await open(own, undefined, updated)).policyHash).toBe(hashOf(own));
  });

  it('is the same in a copy of the files', async () => {
    await open(dataFolder);
    const copy = join(place.folder, 'copy');
    cpSync(dataFolder, copy, { recursive: true });
    await open(copy);
  });

  it('is refused if its row is gone or was changed outside countersign', async () => {
    const raw = await openEngine(place.settings.store, false);
    try {
      await sql`update policy_pins set pinned = ${hashOf(own)}`.execute(raw.db);
      await expect(openDesk(custody(own))).rejects.toMatchObject({ code: 'store-corrupt' });
      await sql`delete from policy_pins`.execute(raw.db);
      await expect(openDesk(custody(null))).rejects.toMatchObject(denied);
      await expect(openDesk(custody(own))).rejects.toMatchObject(denied);
    } finally {
      await raw.close();
    }
  });

  it('can be an own one from init on', async () => {
    if (engine === 'postgres') return;
    const store = join(place.folder, 'second.db');
    const second = () =>
      openCustody({
        settings: { ...place.settings, store, key: { file: join(place.folder, 'second.key') }, policyFolder: own },
        dataFolder,
        now: () => START,
        clockAsGiven: true,
        hashing: CHEAP,
      });
    const { desk } = await establishDesk(second());
    const operator = await prepareOperator(desk, { name: 'first', role: 'admin' });
    await finishEstablishing(desk, { operator, token: null, recovery: null });
    await desk.store.close();
    opened.push(await openDesk(second()));
    expect(opened.at(-1)?.pin).toMatchObject({ pinned: hashOf(own), accepted: true });
    rmSync(store);
  });
});
