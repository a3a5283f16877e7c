/**
 * Builds the Desk: opens policy, store, keys, anchor, sink and channels, in the order in which they should refuse. Part of main's room:
 * it may import everything, and only main (and the test desk) calls it.
 */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPostgres, type Settings } from '../config.js';
import { equalDigests, hmacSha1, macHex, newToken, sha256Hex, tokenDigest } from '../crypto/digests.js';
import { type HasherCosts, openHasher } from '../crypto/hasher.js';
import { newId } from '../crypto/ids.js';
import type { Keyring } from '../crypto/keyring.js';
import { openOwnerView } from '../crypto/owner-view.js';
import { openSecretChecker } from '../crypto/secret-checker.js';
import { openTokenSigner } from '../crypto/signer.js';
import { openVault } from '../crypto/vault.js';
import type { DeliveryEffects } from '../delivery/channel.js';
import { openChannels, readDeliveryConfig } from '../delivery/registry.js';
import { openComposer } from '../delivery/templates.js';
import type { Desk, DeskClock, IdPrefix, Writes } from '../desk.js';
import { isRefusal, Refusal } from '../errors.js';
import { codeMessages } from '../factors/registry.js';
import { isThere } from '../make-folder.js';
import { announcePower } from '../procedures/messages/announce-power.js';
import { sendQueued } from '../procedures/messages/deliver-outbox.js';
import { eventMessages, toldOf } from '../procedures/messages/queue-events.js';
import type { AuditEntry } from '../rules/audit-entry.js';
import type { Limits } from '../rules/policy.js';
import type { Engine } from '../store/engine.js';
import type { Anchor } from '../store/record.js';
import { migrate, openStore, requireCurrent, unchecked } from '../store/store.js';
import { openAnchor, replaceAnchor } from './anchor.js';
import { openClock } from './desk-clock.js';
import { openIdentityKeys } from './identity-keys.js';
import { ensureKey } from './master-key.js';
import { migrationKeys } from './migration-keys.js';
import { openConnectors } from './open-connectors.js';
import type { Custody } from './open-custody.js';
import { openNoteSigner } from './open-notary.js';
import { openPhones } from './open-phones.js';
import { openSink } from './open-sink.js';
import { languagesOf, openPhrasebook } from './open-wordbook.js';
import { pagesTlsOf, pagesUrlOf } from './pages-url.js';
import { notAccepted, offeredPolicy, readPin, withShippedPolicy } from './pinned-policy.js';
import { refuseUsedKey, requireOwnKey } from './used-key.js';

interface OpenChoice {
  /** What to do if the desk has not accepted the policy in force (B79): refuse, or let the policy that comes with countersign judge. */
  readonly unaccepted: 'refuse' | 'shipped policy';
  /** A store that was migrated, and nobody has vouched for it yet (B86): only a restore, which comes with its own yes, opens it. */
  readonly unvouched?: 'open';
}

/** Opens an existing desk. Refusals: key-missing, key-mismatch, store-unreachable, config, store-corrupt. */
export async function openDesk(custody: Custody, choice: OpenChoice = { unaccepted: 'refuse' }): Promise<Desk> {
  const { settings } = custody;
  // Reads the policy, so that a policy with faults is refused before anything is opened.
  custody.policy;
  const engine = await openEngine(settings.store, false);
  return closingOnFailure(engine, async () => {
    await requireCurrent(engine);
    await requireOwnKey(engine, custody.keyring, settings);
    const own = custody.boundTo((await unchecked(engine, 'store-id')) ?? '');
    const { keyring, notary } = own;
    const clock = clockOf(own, engine);
    const bare = openStore(engine, notary, { clock });
    if (choice.unvouched === undefined && (await bare.read.meta.get('unvouched')) !== undefined)
      throw new Refusal('config', 'the store was brought up to date, but nobody has vouched for it yet', {
        hint: 'A lead or an admin signs in to it: countersign store migrate --approver NAME',
      });
    const pin = await readPin(own, bare);
    if (!pin.accepted && choice.unaccepted === 'refuse') throw notAccepted(pin);
    return assemble(pin.accepted ? own : withShippedPolicy(own), {
      engine,
      clock,
      pin,
      anchor: await openAnchor(own, bare, notary),
      sink: await openSink(settings.file, effectsOf(settings, keyring)),
    });
  });
}

/** A desk over a store without its anchor and sink: a new store, or a backup that is being inspected. No other policy was accepted yet. */
export function deskOver(custody: Custody, engine: Engine): Desk {
  const offered = offeredPolicy(custody);
  const pin = { pinned: offered.pinned, offered, accepted: true };
  return assemble(custody, { engine, clock: clockOf(custody, engine), pin, anchor: undefined, sink: null });
}

/** With PostgreSQL the server's clock is the desk's (B87). */
const clockOf = ({ now, clockAsGiven, policy }: Custody, { name }: Engine): DeskClock =>
  openClock(now, clockAsGiven === true ? 'as-given' : name === 'postgres' ? 'server' : 'machine', policy.limits);

/** Called before anything is asked or created. Refusal `refused-by-policy` if the store already has a desk, or the key another store. */
export async function refuseSecondDesk(settings: Settings): Promise<void> {
  if (!isPostgres(settings.store) && !isThere(settings.store)) return refuseUsedKey(settings, undefined);
  const engine = await openEngine(settings.store, false);
  await closingOnFailure(engine, () => requireNoDesk(engine));
  await closingOnFailure(engine, async () => refuseUsedKey(settings, await unchecked(engine, 'store-id')));
  await engine.close();
}

async function requireNoDesk(engine: Engine): Promise<void> {
  if ((await unchecked(engine, 'key-id')) === undefined) return;
  throw new Refusal('refused-by-policy', `${engine.place} already has a desk`, {
    hint: 'Use that desk, or name another place with --store.',
  });
}

/** Creates store and key if there is no desk yet; the procedure that follows creates the first operator. What is there is judged first. */
export async function establishDesk(custody: Custody) {
  custody.policy;
  readFacts(custody);
  const { key: named } = custody.settings;
  const found = 'command' in named || isThere(named.file) ? ensureKey(custody.settings) : undefined;
  const engine = await openEngine(custody.settings.store, true);
  return closingOnFailure(engine, async () => {
    await requireNoDesk(engine);
    const known = await unchecked(engine, 'store-id');
    const storeId = known ?? newId('inv', custody.now()).replace(/^inv_/, 'desk_');
    refuseUsedKey(custody.settings, known);
    const key = found ?? ensureKey(custody.settings);
    const own = custody.boundTo(storeId);
    await migrate(engine, migrationKeys(own), offeredPolicy(own).pinned);
    const desk = deskOver(own, engine);
    const head = await desk.store.read.audit.head();
    if (head !== undefined) replaceAnchor(own, desk.store.place, head);
    return { desk, keyMade: key.made, keyPlace: key.place };
  });
}

async function closingOnFailure<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await engine.close();
    throw engine.refusalOf(error) ?? error;
  }
}

/** Chooses the engine by the form of the address; loads only that engine's driver. */
export async function openEngine(store: string, create: boolean): Promise<Engine> {
  if (isPostgres(store)) return (await import('../store/engines/postgres.js')).openPostgres(store, create);
  return (await import('../store/engines/sqlite.js')).openSqlite({ path: store, create });
}

/** What can be read of the store at a place; undefined if it cannot be opened, or not be read to the end. */
export async function readIfPossible<T>(store: string, read: (engine: Engine) => Promise<T>): Promise<T | undefined> {
  try {
    const engine = await openEngine(store, false);
    return await read(engine).finally(() => engine.close());
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

type Opened = Pick<Desk, 'clock' | 'pin' | 'sink'> & { readonly engine: Engine; readonly anchor: Anchor | undefined };

/** What the config file says of messages, languages and pages. Refusals `config`. */
const readFacts = ({ settings: { file, deskName }, dataFolder }: Custody) => ({
  delivery: readDeliveryConfig(file, deskName),
  spoken: { ...languagesOf(file, dataFolder), pagesUrl: pagesUrlOf(file.pages) },
});

function assemble(custody: Custody, { engine, clock, pin, anchor, sink }: Opened): Desk {
  const { settings, dataFolder, policy, keyring, notary } = custody;
  const { now } = clock;
  const vault = openVault(keyring);
  const hasher = openHasher(custody.hashing ?? costsOf(policy.limits));
  const sealing = { now, newId: (prefix: IdPrefix) => newId(prefix, now()), vault };
  const { delivery, spoken } = readFacts(custody);
  const { wanted } = delivery;
  const follow = async (entries: readonly AuditEntry[], write: Writes, firstSeq: number) => {
    await announcePower(desk, write, entries);
    return wanted.length > 0 ? eventMessages(sealing, wanted, await toldOf(desk, write, entries, firstSeq)) : [];
  };
  const store = openStore(engine, notary, { anchor, clock, follow });
  const desk: Desk = {
    ...sealing,
    clock,
    ...openPhrasebook(policy, dataFolder),
    policyHash: notary.policyHash,
    pin,
    // A session that is made where nothing proves who the person is ends with this process.
    person: settings.person?.id ?? `run:${newId('ses', now())}`,
    store,
    notary,
    signer: () => openNoteSigner(keyring, store, vault),
    eventKey: () => openTokenSigner(keyring).jwk(),
    keyring,
    secrets: openSecretChecker(hasher, vault),
    ownerView: openOwnerView(hasher, vault),
    digests: {
      newToken,
      tokenDigest,
      sha256: sha256Hex,
      mac: (purpose, ...values) => macHex(keyring, purpose, ...values),
      hmacSha1,
      equal: equalDigests,
    },
    channels: openChannels(delivery, effectsOf(settings, keyring)),
    connectors: openConnectors(settings.file.connectors, effectsOf(settings, keyring)),
    sendQueued: () => sendQueued(desk),
    sink,
    identityKeys: openIdentityKeys({ fetch, now, resolveHost, loopback: policy.limits.sso.loopbackKeys }),
    compose: openComposer(join(dataFolder, 'messages'), { name: settings.deskName, ...spoken }, codeMessages),
    ...spoken,
    pagesTls: () => pagesTlsOf(settings.file.pages),
    phones: () => openPhones(settings.file.country),
    name: settings.deskName,
  };
  return desk;
}

/** The policy's figures by argon2's letters. */
const costsOf = ({ hashing, codeHashing }: Limits): HasherCosts => ({
  person: { m: hashing.memoryKiB, t: hashing.passes, p: hashing.lanes },
  code: { m: codeHashing.memoryKiB, t: codeHashing.passes, p: codeHashing.lanes },
});

const resolveHost = async (host: string) => (await lookup(host, { all: true })).map((found) => found.address);

const effectsOf = ({ dataFolder }: Settings, keyring: Keyring): DeliveryEffects => ({
  dataFolder,
  fetch,
  signToken: (claims) => openTokenSigner(keyring).sign(claims),
  resolveHost,
  readFile: async (path) => readFileSync(path, 'utf8'),
});
