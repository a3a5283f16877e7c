/**
 * `doctor`: checks the installation and names the command that fixes each fault. Needs no working store and no sign-in, and changes nothing.
 * Part of main's room.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openConnectors } from '../../connectors/registry.js';
import { openChannels, readDeliveryConfig } from '../../delivery/registry.js';
import { readSecret } from '../../delivery/secret-file.js';
import { isRefusal } from '../../errors.js';
import type { Finding } from '../../house.js';
import { keyPlace } from '../../opening/master-key.js';
import type { Custody } from '../../opening/open-custody.js';
import { openEngine } from '../../opening/open-desk.js';
import { languagesOf } from '../../opening/open-wordbook.js';
import type { Engine } from '../../store/engine.js';
import { openStore, requireCurrent, unchecked } from '../../store/store.js';
import { type Checks, faultOf, found, type Told } from './check.js';
import { inspectMachine } from './machine-checks.js';
import { STORE_CHECKS } from './store-checks.js';

const FILES = { readFile: async (path: string) => readFileSync(path, 'utf8') };

/** In the order in which they are shown. */
const CHECKS: Checks<Custody> = {
  'Config file': inspectConfig,
  Person: inspectPerson,
  Folders: inspectFolders,
  Policy: inspectPolicy,
  'Master key': inspectKey,
  Delivery: inspectDelivery,
  Connectors: inspectConnectors,
  Secrets: inspectSecrets,
};

/** `node` is the version of Node, as `v20.19.0`. */
export async function inspectSetup(custody: () => Promise<Custody>, node: string): Promise<readonly Finding[]> {
  const before = await inspectMachine(node);
  let opened: Custody;
  try {
    opened = await custody();
  } catch (error) {
    return [...before, faultOf('Config file', error)];
  }
  return [...before, ...(await found(CHECKS, opened)), ...(await inspectStore(opened))];
}

/** Is there a config file, and what does it set? */
function inspectConfig({ settings: { configFile, file, lockedBy }, dataFolder }: Custody): readonly Told[] {
  languagesOf(file, dataFolder);
  const sets = Object.keys(file).join(', ');
  const text = sets === '' ? `no settings in ${configFile}; the defaults are used` : `sets ${sets}`;
  if (lockedBy === undefined) return [{ state: 'ok', text }];
  return [{ state: 'ok', text: `${lockedBy} locks the settings of this machine; it ${text}` }];
}

/** Does anything prove who runs this, so that a session can belong to a person (T16)? */
function inspectPerson({ settings: { person } }: Custody): readonly Told[] {
  if (person?.id !== undefined) return [{ state: 'ok', text: `sessions made here belong to ${person.id}` }];
  const text = `nobody can sign in here: ${person?.why ?? 'the settings do not say who runs this'}`;
  return [{ state: 'note', text, mend: 'sign in through sudo, or use a token; see: countersign help operating' }];
}

/** Can other system users read the desk's folders, or write to them? Can this account write what is made there all the time? */
function inspectFolders({ settings: { folders, dataFolder } }: Custody): readonly Told[] {
  const places = { 'Data folder': dataFolder, 'Config folder': folders.config, 'Session folder': folders.state };
  return Object.entries(places).map(([subject, folder]) => {
    const facts = statSync(folder, { throwIfNoEntry: false });
    if (facts === undefined) return { subject, state: 'note', text: `${folder} is created when it is needed` };
    try {
      if (folder !== folders.config) accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      return {
        ...faultOf(subject, error),
        mend: `As root, give it to the service account: chown -R ACCOUNT '${folder}'`,
      };
    }
    const mode = facts.mode & 0o777;
    if ((mode & 0o077) === 0) return { subject, state: 'ok', text: folder };
    const [state, does] = (mode & 0o022) === 0 ? (['note', 'read'] as const) : (['wrong', 'write to'] as const);
    const text = `other users can ${does} ${folder} (mode ${mode.toString(8)})`;
    return { subject, state, text, mend: `chmod 700 '${folder}'` };
  });
}

/** Is the policy in force valid? */
function inspectPolicy({ policy, policyFolder }: Custody): readonly Told[] {
  const roles = policy.roles.withoutSecondFactor.map((role) => ({
    state: 'note' as const,
    text: `operators with the role ${role} sign in without a second factor`,
    mend: 'remove the role from withoutSecondFactor in roles.json',
  }));
  return [{ state: 'ok', text: `${policy.actions.length} protected actions, from ${policyFolder}` }, ...roles];
}

/** Does the master key exist, and can only its owner read it? */
function inspectKey(custody: Custody): readonly Told[] {
  const { settings } = custody;
  try {
    const own = { state: 'ok', text: `${keyPlace(settings)} (key ${custody.keyring.keyId})` } as const;
    return [own, ...oldKeys(custody)];
  } catch (error) {
    const missing = 'file' in settings.key && !existsSync(settings.key.file);
    if (missing && settings.engine === 'sqlite' && !existsSync(settings.store))
      return [{ state: 'missing', text: `no key file at ${keyPlace(settings)}`, mend: 'countersign init' }];
    return [faultOf('Master key', error, missing ? 'missing' : 'wrong')];
  }
}

/** Keys that a rekey has replaced, with the days that they lie there: each still opens the older backups. */
function oldKeys({ settings: { key }, now }: Custody): readonly Told[] {
  if (!('file' in key)) return [];
  const folder = dirname(key.file);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(key.file)}.until-`));
  return names.map((name) => {
    const days = Math.max(0, Math.floor((now() - statSync(join(folder, name)).mtimeMs) / 86_400_000));
    const text = `${join(folder, name)} opens older backups, and lies there since ${days === 1 ? '1 day' : `${days} days`}`;
    const mend = 'keep it with those backups, away from here; or delete both';
    return { subject: 'Old key', state: 'note', text, mend };
  });
}

/** Are the channel settings valid, and does the mail server take a connection and the login? Sends nothing. */
async function inspectDelivery({ settings: { file, deskName, dataFolder } }: Custody): Promise<readonly Told[]> {
  const delivery = readDeliveryConfig(file, deskName);
  // Only what a connection needs: nothing is signed or sent here.
  const effects = { dataFolder, fetch, signToken: () => '', resolveHost: async () => [], ...FILES, timeoutMs: 5_000 };
  const kinds = Object.entries(delivery.channels).map(([kind, { settings }]) => ({ kind, channel: settings.channel }));
  const sent = kinds.filter(({ channel }) => channel !== 'file').map(({ kind, channel }) => `${kind} by ${channel}`);
  const written = kinds.filter(({ channel }) => channel === 'file').map(({ kind }) => kind);
  if (written.length > 0) sent.push(`${written.join(', ')} as files in ${join(dataFolder, 'outbox')}`);
  const config = [{ state: 'ok', text: sent.join('; ') } as const];
  const failed = await openChannels(delivery, effects).pick('email').reach?.();
  if (failed === undefined) return config;
  const mend = 'check [mail] in the config file, then: countersign outbox test ADDRESS';
  return [...config, { subject: 'Mail server', state: 'wrong', text: failed.why, mend }];
}

const nobody = (): never => {
  throw new TypeError('nothing is called here');
};

/** Are the settings of the connectors valid? Calls nobody: `connector check` does. */
async function inspectConnectors({ settings: { file } }: Custody): Promise<readonly Told[]> {
  const names = Object.keys(file.connectors ?? {});
  const reading = { fetch: nobody, resolveHost: nobody, readFile: nobody };
  const connectors = openConnectors(file.connectors, { ...reading, runCommand: nobody, pause: nobody, now: nobody });
  for (const name of names) await connectors.settings(name);
  return names.length === 0 ? [] : [{ state: 'ok', text: names.join(', ') }];
}

/** Can the files that tables of the config file name be read (`passwordFile`, `tokenFile` …)? Else each message would fail. */
async function inspectSecrets({ settings: { file } }: Custody): Promise<readonly Told[]> {
  const connectors = Object.entries(Object(file.connectors)).map(([name, one]) => [`connectors.${name}`, one] as const);
  const named = [...Object.entries(file), ...connectors].flatMap(([table, settings]) =>
    Object.entries(Object(settings)).flatMap(([name, path]) => (/\wFile$/.test(name) ? [[table, name, path]] : [])),
  );
  const mend = 'check path and permissions; the secret is its first line';
  const told: Told[] = [];
  for (const [table, name, path] of named) {
    const text = `[${table}] ${name}: ${path} cannot be read or is empty`;
    await readSecret(FILES, String(path), '').catch(() => told.push({ state: 'wrong', text, mend }));
  }
  return told;
}

/** Findings about the store, its key, its log, the clock, the outbox and the admins. Skips the checks that need something that is missing. */
async function inspectStore(custody: Custody): Promise<readonly Finding[]> {
  let engine: Awaited<ReturnType<typeof openEngine>>;
  try {
    engine = await openEngine(custody.settings.store, false);
  } catch (error) {
    const none = isRefusal(error) && /^there is no store/.test(error.message);
    return [faultOf('Store', error, none ? 'missing' : 'wrong')];
  }
  try {
    await requireCurrent(engine);
    const opened: Finding = { subject: 'Store', state: 'ok', text: `${engine.place} (${engine.name})` };
    if (!hasKeyAndPolicy(custody)) return [opened];
    const own = custody.boundTo((await unchecked(engine, 'store-id')) ?? '');
    return [opened, ...(await forgets(engine)), ...(await inspectContents(engine, own))];
  } catch (error) {
    const refusal = engine.refusalOf(error) ?? error;
    const unreachable = isRefusal(refusal) && refusal.code === 'store-unreachable';
    return [faultOf('Store', refusal, unreachable ? 'missing' : 'wrong')];
  } finally {
    await engine.close();
  }
}

/** Destroyed secrets must leave the store's own log file too; commands do not say so if that failed (T25). */
async function forgets(engine: Engine): Promise<readonly Finding[]> {
  try {
    await engine.forgetDeleted();
    return [];
  } catch (error) {
    const finding = faultOf('Store', engine.refusalOf(error) ?? error);
    return [{ ...finding, text: `destroyed secrets may still be in its log file: ${finding.text}` }];
  }
}

/** If key or policy cannot be read, another finding already says so. */
function hasKeyAndPolicy(custody: Custody): boolean {
  try {
    return custody.notary !== undefined;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function inspectContents(engine: Engine, custody: Custody): Promise<readonly Finding[]> {
  const keyId = await unchecked(engine, 'key-id');
  const unfinished = 'the setup of the desk was not finished';
  if (keyId === undefined) return [{ subject: 'Desk', state: 'missing', text: unfinished, mend: 'countersign init' }];
  if (!custody.keyring.has(keyId)) {
    const mend = 'name the right key with --key-file or COUNTERSIGN_KEY_FILE';
    const text = `the store uses key ${keyId}, which is not in the key file`;
    return [{ subject: 'Key of the store', state: 'wrong', text, mend }];
  }
  return found(STORE_CHECKS, { store: openStore(engine, custody.notary), custody, keyId });
}
