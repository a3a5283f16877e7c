/**
 * B73: a caller nobody knows, and one without a passphrase, take as long as one with a wrong phrase, with real argon2. "Floor" is the
 * wrong phrase; the reverse stands beside it, so that faster is seen like slower. The limits on guessing are out of the way.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../../..');
const WRONG = 'a phrase that is not theirs';
const ENTRY = { kind: 'bench.prepared', outcome: 'done', by: { kind: 'system', id: 'bench', name: 'bench' } };
const OPERATOR = {
  id: 'op_bench',
  name: 'bench',
  name_key: 'bench',
  role: 'agent',
  verifier: null,
  totp: null,
  totp_last_step: null,
  also_user_id: null,
  disabled_at: null,
  created_at: 1,
};

let folder;
let desk;
let ask;

async function prepare() {
  const cache = path.join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(path.join(cache, 'bench-'));
  const { establishDesk, openCustody, verifyCaller, passphraseContext, signedInAs, accountRow, userRow } =
    await loadSources();
  ({ desk } = await establishDesk(
    openCustody({ settings: settings(), dataFolder: path.join(root, 'data'), now: Date.now }),
  ));
  await desk.store.record({ ...ENTRY, at: Date.now() }, async (write) => {
    await write.operators.insert(OPERATOR);
    await write.accounts.insert([accountRow('100234')]);
    await write.users.insert(
      ['known', 'unset'].map((login) => userRow('acc_100234', login, { role: 'primary-admin' })),
    );
  });
  const known = await desk.store.read.users.byLogin('acc_100234', 'known');
  const verifier = await desk.secrets.make(
    'person',
    'seal/passphrase',
    passphraseContext(known),
    'theirphraseasfolded',
  );
  const row = {
    user_id: known.id,
    verifier,
    form_version: 1,
    owner_copy: null,
    set_by: 'owner',
    set_at: 1,
    setup_at: null,
  };
  await desk.store.record({ ...ENTRY, at: Date.now() }, (write) => write.secrets.putPassphrase(row));
  const operator = { id: 'op_bench', name: 'bench', role: 'agent', disabledAt: null };
  const signed = await signedInAs(desk, operator);
  const patient = unlimited(desk);
  ask = (caller) =>
    verifyCaller(patient, signed, {
      account: '100234',
      caller,
      action: 'billing:change',
      phrase: WRONG,
      ticket: undefined,
    });
}

function unlimited(strict) {
  const limits = strict.policy.limits;
  const many = 1e9;
  const throttle = { ...limits.throttle, lockFromFailure: many, disabledAtFailure: many + 1 };
  const [desk, company, operator] = [1, 2, 3].map(() => ({ floor: many, perOperator: 0 }));
  const alarms = { ...limits.alarms, desk, company, operator };
  return { ...strict, policy: { ...strict.policy, limits: { ...limits, throttle, alarms } } };
}

/** The sources as they are, bundled beside node_modules so that packages are found. */
async function loadSources() {
  const outfile = path.join(folder, 'sources.mjs');
  const contents = `export { openCustody } from './src/opening/open-custody.js';
    export { establishDesk } from './src/opening/open-desk.js';
    export { passphraseContext } from './src/procedures/seal-contexts.js';
    export { verifyCaller } from './src/procedures/calls/verify-caller.js';
    export { signedInAs } from './test/support/signed-operator.js';
    export { accountRow, userRow } from './test/store/rows.js';`;
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

const settings = () => ({
  store: path.join(folder, 'desk.db'),
  engine: 'sqlite',
  key: { file: path.join(folder, 'master.key') },
  dataFolder: folder,
  folders: { data: folder, config: folder, state: folder },
  policyFolder: null,
  person: { id: 'uid:1' },
  deskName: 'Bench desk',
  file: {},
});

async function close() {
  await desk.store.close();
  rmSync(folder, { recursive: true, force: true });
}

const compare = (name, floor, figure) => ({
  name,
  reach: 1.1,
  rounds: 25,
  prepare,
  close,
  floor: async () => void (await ask(floor)),
  figure: async () => void (await ask(figure)),
});

export const subjects = [
  compare('verify: unknown / wrong phrase', 'known', 'nobody'),
  compare('verify: wrong phrase / unknown', 'nobody', 'known'),
  compare('verify: no phrase / wrong phrase', 'known', 'unset'),
  compare('verify: wrong phrase / no phrase', 'unset', 'known'),
];
