/**
 * Builds the Desk: opens keys, store, policy and channels in the order in which each can refuse. Part of main's room:
 * it may know everything, and only main (and the test desk) calls it.
 */
import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isPostgres, type Settings } from './config.js';
import { canonicalJson } from './crypto/canonical.js';
import {
  equalDigests,
  hexTreeHasher,
  hmacSha1,
  macHex,
  newToken,
  randomBytes,
  randomInt,
  sha256Hex,
  tokenDigest,
  treeHasher,
} from './crypto/digests.js';
import { openHasher } from './crypto/hasher.js';
import { newId } from './crypto/ids.js';
import { generateMasterKeyText, type Keyring, openKeyring, parseMasterKey } from './crypto/keyring.js';
import { openOwnerView } from './crypto/owner-view.js';
import { openVault } from './crypto/vault.js';
import { openVerifier } from './crypto/verifier.js';
import { openChannels, readDeliveryConfig } from './delivery/registry.js';
import { fill, readTemplate } from './delivery/templates.js';
import type { Desk } from './desk.js';
import { Refusal } from './errors.js';
import { openIdentityKeys } from './identity-keys.js';
import { openNoteSigner } from './note-signer.js';
import { openWordbook } from './open-wordbook.js';
import { type Policy, policyDocument, readPolicy } from './rules/policy.js';
import type { Engine } from './store/engine.js';
import { foundStore, holdsDesk, openStore, requireCurrent, type Store } from './store/store.js';

export interface DeskParts {
  readonly settings: Settings;
  /** Folder of the data that comes with countersign. */
  readonly dataFolder: string;
  readonly now: () => number;
  /** Cheaper hashing for tests that are not about hashing. */
  readonly hashing?: Parameters<typeof openHasher>[0];
}

/** Opens an existing desk. Refusals: key-missing, key-mismatch, store-unreachable, config, store-corrupt. */
export async function openDesk(parts: DeskParts): Promise<Desk> {
  const policy = loadPolicy(parts.settings.policyFolder ?? parts.dataFolder);
  const engine = await openEngine(parts.settings.store, false);
  return closingOnFailure(engine, async () => {
    await requireCurrent(engine);
    const keyring = openKeyring(readKey(parts.settings));
    const desk = assemble(parts, policy, engine, keyring);
    await requireOwnKey(desk.store, keyring, parts.settings);
    return desk;
  });
}

export interface Founded {
  readonly desk: Desk;
  readonly keyMade: boolean;
  readonly keyPlace: string;
}

/** Makes store and key where there is no desk yet; the first operator is made by the procedure that follows. */
export async function foundDesk(parts: DeskParts): Promise<Founded> {
  const policy = loadPolicy(parts.settings.policyFolder ?? parts.dataFolder);
  const engine = await openEngine(parts.settings.store, true);
  return closingOnFailure(engine, async () => {
    if (await holdsDesk(engine)) {
      throw new Refusal('refused-by-policy', `there is a desk in ${engine.place} already`, {
        hint: 'Use it, or name another place with --store.',
      });
    }
    const key = ensureKey(parts.settings);
    const keyring = openKeyring(parseMasterKey(key.text, key.place));
    await foundStore(engine, notaryFor(keyring, policy));
    return { desk: assemble(parts, policy, engine, keyring), keyMade: key.made, keyPlace: key.place };
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

/** The engine by the form of its address; loads only that engine's driver. */
export async function openEngine(store: string, create: boolean): Promise<Engine> {
  if (isPostgres(store)) return (await import('./store/postgres.js')).openPostgres(store);
  return (await import('./store/sqlite.js')).openSqlite({ path: store, create });
}

export function notaryFor(keyring: Keyring, policy: Policy): Desk['notary'] {
  return {
    tree: treeHasher,
    hexTree: hexTreeHasher,
    canonical: canonicalJson,
    headMac: (size, frontier, latestAt) =>
      macHex(keyring, 'mac/audit', 'head', String(size), frontier, String(latestAt)),
    policyHash: hashOf(policy),
  };
}

const hashOf = (policy: Policy): string => sha256Hex(canonicalJson(policyDocument(policy)));

function assemble(parts: DeskParts, policy: Policy, engine: Engine, keyring: Keyring): Desk {
  const { settings, now, dataFolder } = parts;
  const vault = openVault(keyring);
  const hasher = openHasher(parts.hashing);
  const notary = notaryFor(keyring, policy);
  const store = openStore(engine, notary);
  return {
    now,
    newId: (prefix) => newId(prefix, now()),
    chance: { bytes: randomBytes, int: randomInt },
    policy,
    policyHash: hashOf(policy),
    store,
    notary,
    signer: () => openNoteSigner(keyring, store),
    keyring,
    vault,
    secrets: openVerifier(hasher, vault),
    ownerView: openOwnerView(hasher, vault),
    digests: {
      newToken,
      tokenDigest,
      sha256: sha256Hex,
      mac: (purpose, ...values) => macHex(keyring, purpose, ...values),
      hmacSha1,
      equal: equalDigests,
    },
    channels: openChannels(readDeliveryConfig(settings.file), {
      dataFolder: settings.dataFolder,
      fetch,
      resolveHost: async (host) => (await lookup(host, { all: true })).map((found) => found.address),
      readFile: async (path) => readFileSync(path, 'utf8'),
    }),
    identityKeys: openIdentityKeys(fetch),
    compose: (name, values) => {
      const template = readTemplate(readFileSync(join(dataFolder, 'messages', 'en', `${name}.txt`), 'utf8'), name);
      return { kind: template.kind, ...fill(template, { ...values, deskName: settings.deskName }) };
    },
    words: openWordbook(dataFolder),
    name: settings.deskName,
  };
}

/** Reads and validates the three policy files of a folder. */
export function loadPolicy(folder: string): Policy {
  const read = (name: string): unknown => {
    const path = join(folder, name);
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as unknown;
    } catch (error) {
      throw new Refusal(
        'config',
        `the policy file ${path} cannot be read: ${error instanceof Error ? error.message : ''}`,
        {
          hint: `Check it with: countersign policy check ${folder}`,
        },
      );
    }
  };
  return readPolicy({ actions: read('actions.json'), roles: read('roles.json'), limits: read('limits.json') }, folder);
}

/** The master key of the settings. Refusals: key-missing, config (others can read it, or it is no key). */
export function readKey(settings: Settings): Buffer {
  if ('command' in settings.key) return parseMasterKey(runKeyCommand(settings.key.command), 'the key command');
  const { file } = settings.key;
  if (!existsSync(file)) {
    throw new Refusal('key-missing', `there is no key file at ${file}`, {
      hint: 'Name it with --key-file or COUNTERSIGN_KEY_FILE. Without its key a store cannot be opened by anyone.',
    });
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new Refusal('config', `others can read the key file ${file} (mode ${mode.toString(8)})`, {
      hint: `Find out who did, then: chmod 600 '${file}'`,
    });
  }
  return parseMasterKey(readFileSync(file, 'utf8'), file);
}

function runKeyCommand(line: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', line], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
    });
  } catch (error) {
    throw new Refusal('key-missing', 'the key command did not print a key', {
      hint: 'Run the command in COUNTERSIGN_KEY_COMMAND by hand and look at what it says.',
      cause: error,
    });
  }
}

/** The key of the settings; a missing file is made, 0600. */
function ensureKey(settings: Settings): { text: string; place: string; made: boolean } {
  if ('command' in settings.key)
    return { text: runKeyCommand(settings.key.command), place: 'the key command', made: false };
  const { file } = settings.key;
  if (existsSync(file)) {
    readKey(settings);
    return { text: readFileSync(file, 'utf8'), place: file, made: false };
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const text = generateMasterKeyText();
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  return { text, place: file, made: true };
}

async function requireOwnKey(store: Store, keyring: Keyring, settings: Settings): Promise<void> {
  const expected = await store.read.meta.get('key-id');
  if (expected === undefined) {
    throw new Refusal('store-unreachable', `the desk in ${store.place} was never finished`, {
      hint: 'Run: countersign init',
    });
  }
  if (expected === keyring.keyId || keyring.has(expected)) return;
  const place = 'file' in settings.key ? settings.key.file : 'the key command';
  throw new Refusal('key-mismatch', `${place} is not the key of the store ${store.place}`, {
    hint: 'Name the right key with --key-file or COUNTERSIGN_KEY_FILE.',
  });
}
