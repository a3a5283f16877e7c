/** The past of a desk for the benchmarks: everybody was reset, was sent a code, and has not enrolled again; each has an entry in the log. */
const AT = 1_795_000_100_000;
const USERS_PER_ACCOUNT = 20;

/** A code is owed only where a second factor is required. */
export const REQUIRED = { mfa_required_at: String(AT) };

const USER = "printf('usr_%08d', i)";
const ACCOUNT = `printf('acc_%08d', i / ${USERS_PER_ACCOUNT})`;
const MESSAGE = "printf('msg_%08d', i)";

export const PAST = {
  resets: {
    id: "printf('rst_%08d', i)",
    account_id: ACCOUNT,
    user_id: USER,
    reason: "'a phone was lost'",
    outcome: "'reset'",
    state: "'open'",
    final: '0',
    factors: '2',
    backup_codes: '10',
    devices: '2',
    sessions: '0',
    enrolments: '0',
    at: `${AT} + i`,
  },
  one_time_codes: {
    id: "printf('inv_%08d', i)",
    user_id: USER,
    purpose: "'enrol'",
    digest: "printf('%064d', i)",
    tries: '0',
    created_at: `${AT} + i`,
    expires_at: String(AT + 1e11),
  },
  outbox: {
    id: MESSAGE,
    channel: "'email'",
    kind: "'enrolment-code'",
    account_id: ACCOUNT,
    user_id: USER,
    address: `sealed_address(${MESSAGE}, 'user' || i || '@bench.example')`,
    state: "'delivered'",
    attempts: '1',
    created_at: `${AT} + i`,
    delivered_at: `${AT} + i + 1000`,
  },
};

/** One address of a row is asked for twice: as its value, and for its tag. */
export function sealing(vault) {
  let last;
  return (id, address) => {
    if (last?.id !== id)
      last = { id, blob: vault.seal('seal/contact', { table: 'outbox', column: 'address', id }, address) };
    return last.blob;
  };
}

const PER_WRITE = 2_000;
const RARE = 50_000;

/** One entry for each: every tenth was refused, and one in fifty thousand failed. */
export async function logPast(store, count) {
  const at = Date.now() - count;
  const entry = (i) => ({
    kind: i % 10 === 0 ? 'verification.decided' : 'mfa.reset',
    outcome: i % RARE === 0 ? 'failed' : i % 10 === 0 ? 'refused' : 'done',
    at: at + i,
    by: { kind: 'operator', id: 'op_01m834dd7vebt8612fmkzqszz1', name: 'Mira Agent' },
    account: `acc_${String(Math.floor(i / USERS_PER_ACCOUNT)).padStart(8, '0')}`,
    user: `usr_${String(i).padStart(8, '0')}`,
    ticket: `T-${i}`,
  });
  for (let from = 0; from < count; from += PER_WRITE) {
    const some = Array.from({ length: Math.min(PER_WRITE, count - from) }, (_, n) => entry(from + n));
    await store.record(some, async () => undefined);
  }
}
