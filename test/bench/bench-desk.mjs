/**
 * A desk for the benchmarks: founded by the built command, filled by set-based SQL with rows that bear their tags, and opened
 * with the sources as they are. It stands in node_modules/.cache, from where the bundled sources find their packages.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { build } from 'esbuild';
import { logPast, PAST, REQUIRED, sealing } from './past.mjs';

export const root = path.resolve(import.meta.dirname, '../..');
const executable = path.join(root, 'bin', 'countersign.js');
export const USERS_PER_ACCOUNT = 20;
const MADE_AT = 1_795_000_000_000;

/** `lines` are further export lines of the sources that a subject needs, `change` rewrites a source (path, text) as it is bundled. */
export async function benchDesk(lines = [], change = undefined) {
  const cache = path.join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'bench-'));
  const store = path.join(folder, 'desk.db');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    COUNTERSIGN_STORE: store,
    COUNTERSIGN_KEY_FILE: path.join(folder, 'master.key'),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [executable, 'init', '--token', '--json'], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`init ended with ${status}: ${stderr}`);
  const sources = await loadSources(folder, lines, change);
  const place = { settings: settingsIn(folder), dataFolder: path.join(root, 'data') };
  const open = () => sources.openDesk(sources.openCustody({ ...place, now: Date.now }));
  return {
    folder,
    store,
    sources,
    /** What another process opens the same desk with. */
    place: { ...place, sources: path.join(folder, 'sources.mjs') },
    open,
    env: { ...env, COUNTERSIGN_TOKEN: JSON.parse(stdout).token },
    executable,
    /** `past`: each was reset, has not enrolled again, and is in the log (past.mjs). */
    fill: async (users, words, past = false) => {
      const desk = await open();
      if (past) await logPast(desk.store, users);
      await desk.store.close();
      fill(store, { users, words, past: past && desk.vault, guarded: sources.GUARDED, makeTag: desk.notary.rows.make });
      // What was put in beside the door is counted, as a migration does.
      const engine = await sources.openEngine(store, false);
      await engine.db.transaction().execute((tx) => sources.sealTables(tx, desk.notary));
      await engine.close();
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The sources as they are, bundled beside node_modules so that packages are found. */
async function loadSources(folder, lines, change) {
  const outfile = path.join(folder, 'sources.mjs');
  const always = [
    "export { openCustody } from './src/opening/open-custody.js';",
    "export { openDesk, openEngine } from './src/opening/open-desk.js';",
    "export { sealTables } from './src/store/head.js';",
    "export { signedInAs, signedOperator } from './test/support/signed-operator.js';",
    "export { GUARDED } from './src/store/guard/guarded-tables.js';",
  ];
  await build({
    stdin: { contents: always.concat(lines).join('\n'), resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
    plugins: change === undefined ? [] : [rewriting(change)],
  });
  return import(pathToFileURL(outfile).href);
}

const rewriting = (change) => ({
  name: 'rewriting',
  setup: (building) =>
    building.onLoad({ filter: /\/src\/store\/.*\.ts$/ }, ({ path: file }) => ({
      contents: change(path.relative(root, file), readFileSync(file, 'utf8')),
      loader: 'ts',
    })),
});

function settingsIn(folder) {
  return {
    store: path.join(folder, 'desk.db'),
    engine: 'sqlite',
    key: { file: path.join(folder, 'master.key') },
    dataFolder: folder,
    folders: { data: folder, config: folder, state: folder },
    policyFolder: null,
    person: { id: 'uid:1' },
    deskName: 'Bench',
    file: {},
    token: undefined,
  };
}

const ACCOUNT = {
  id: "printf('acc_%08d', i)",
  number: 'cast(100000 + i as text)',
  number_key: 'cast(100000 + i as text)',
  name: "'Company ' || i",
  name_key: "'company ' || i",
  edition: "'x-series'",
  phone_reset_forbidden: '0',
  created_at: String(MADE_AT),
  updated_at: String(MADE_AT),
};

const USER = {
  id: "printf('usr_%08d', i)",
  account_id: `printf('acc_%08d', i / ${USERS_PER_ACCOUNT})`,
  login: "'user' || i",
  login_key: "'user' || i",
  name: "printf('Given%d Family%d', i % 997, i % 9973)",
  email: "'user' || i || '@bench.example'",
  email_key: "'user' || i || '@bench.example'",
  phone: "printf('030%08d', i)",
  phone_digits: "printf('030%08d', i)",
  phone_e164: "printf('+4930%08d', i)",
  role: "'admin'",
  scopes: "''",
  sign_in: "'native'",
  authority_version: '1',
  contact_changed_at: String(MADE_AT),
  former_contacts: "'[]'",
  created_at: String(MADE_AT),
  updated_at: String(MADE_AT),
};

const PASSPHRASE = {
  user_id: "printf('usr_%08d', i)",
  verifier: "'not looked at'",
  form_version: '1',
  set_by: "'owner'",
  set_at: String(MADE_AT),
};

/** What users and companies are found by, as rules/directory-keys.ts makes it of login, name, phone and number. */
const NAME = "'given' || (i % 997) || 'family' || (i % 9973)";
const WORDS = {
  user: [
    'login_key',
    "'given' || (i % 997)",
    "'family' || (i % 9973)",
    NAME,
    `'=' || ${NAME} || '='`,
    "'=user' || i || '='",
    "'+' || phone_digits",
    "'+49' || substr(phone_digits, 2)",
    "'+' || substr(phone_digits, 2)",
  ],
  account: [
    'number_key',
    "'company'",
    'cast(i as text)',
    "'company' || i",
    "'=company' || i || '='",
    "'=' || number_key || '='",
  ],
};

function fill(store, { users, words, past, guarded, makeTag }) {
  const file = new Database(store);
  file.pragma('synchronous = OFF');
  file.pragma('foreign_keys = OFF');
  file.pragma('cache_size = -400000');
  // As rowText (store/guarded-tables.ts) puts it.
  file.function('row_tag', { varargs: true }, (...values) => makeTag(JSON.stringify(['row', ...values])));
  const tables = [
    ['accounts', past ? { ...ACCOUNT, ...REQUIRED } : ACCOUNT, Math.ceil(users / USERS_PER_ACCOUNT)],
    ['users', USER, users],
    ['passphrases', PASSPHRASE, users],
    ...(past ? Object.entries(PAST).map(([name, columns]) => [name, columns, users]) : []),
  ];
  if (past) file.function('sealed_address', sealing(past));
  for (const [name, columns, count] of tables) file.prepare(insert(name, columns, guarded[name])).run({ count });
  if (words) {
    for (const [kind, columns, count] of [
      ['account', ACCOUNT, Math.ceil(users / USERS_PER_ACCOUNT)],
      ['user', USER, users],
    ]) {
      const rows = WORDS[kind].map(
        (word) =>
          `select ${word.replace(/login_key|phone_digits|number_key/g, (name) => columns[name])} word, '${kind}' kind, ${columns.id} target_id from n`,
      );
      // Numbers of companies can be two words that are one.
      file
        .prepare(
          `${numbers} insert or ignore into search_words (word, kind, target_id) ${rows.join(' union all ')} order by kind, word, target_id`,
        )
        .run({ count });
    }
  }
  file.pragma('wal_checkpoint(TRUNCATE)');
  // With a past, as a desk is that nobody has analysed: then the engine has only the indexes to go by.
  if (!past) file.exec('analyze');
  file.close();
}

const numbers = 'with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < @count)';

function insert(name, columns, guard) {
  const all = { ...columns };
  if (guard !== undefined) {
    const tagged = [guard.key, ...guard.columns].map((column) => columns[column] ?? 'null');
    all.mac = `row_tag('${name}', ${tagged.join(', ')})`;
  }
  return `${numbers} insert into ${name} (${Object.keys(all).join(', ')}) select ${Object.values(all).join(', ')} from n`;
}
