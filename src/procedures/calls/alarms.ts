/** Alarms over many callers (B95): asked before each answer is checked, sounded by a miss, and ended by a lead. rules/alarms decides. */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import {
  ALARM_SCOPES,
  type Alarm,
  type AlarmScope,
  afterMiss,
  CALL_SPAN,
  isOn,
  MISS_WINDOW,
  missesAllowed,
  QUIET,
} from '../../rules/alarms.js';
import { type AuditEntry, SYSTEM } from '../../rules/audit-entry.js';
import { type Acting, act, askAuthority } from '../authorise.js';

const DESK = 'desk';
const idsOf = ({ by }: Acting<'verify'>, company: string) => ({ desk: DESK, company, operator: by.operator.id });

/** True if a wrong answer on this call locks its caller at once, and gets no second chance. Call it inside the door. */
export async function alarmed(acting: Acting<'verify'>, company: string): Promise<boolean> {
  const rows = await acting.write.alarms.byIds(Object.values(idsOf(acting, company)));
  return rows.some((row) => isOn(row, acting.now));
}

/** Counts a miss that is already written, and returns the entries of the alarms that it sounds. The desk's covers all others. */
export async function afterMissIn(acting: Acting<'verify'>, company: string): Promise<readonly AuditEntry[]> {
  const { desk, write, now } = acting;
  const { limits } = desk.policy;
  const ids = idsOf(acting, company);
  const rows = await write.alarms.byIds(Object.values(ids));
  const alarmOf = (scope: AlarmScope) => rows.find(({ id }) => id === ids[scope]);
  const since = { from: alarmOf('desk')?.counting ?? 0, recent: now - MISS_WINDOW, span: CALL_SPAN };
  const { atWork, ...counted } = await write.alarms.misses(ids, since);
  const sounded: AuditEntry[] = [];
  for (const scope of ALARM_SCOPES) {
    const seen = { misses: counted[scope], bound: missesAllowed(scope, atWork, limits) };
    const after = afterMiss(alarmOf(scope), { ...seen, now }, limits);
    if (after === undefined) continue;
    await write.alarms.put({ ...after, id: ids[scope] });
    const about = scope === 'company' ? { account: company } : {};
    const detail = { scope, ...seen, ...(scope === 'operator' ? { operator: ids.operator } : {}) };
    const entry = { kind: 'desk.alarmed', outcome: 'done', at: now, by: SYSTEM, ...about, detail } as const;
    if (!isOn(alarmOf(scope), now)) sounded.push(entry);
    if (scope === 'desk') break;
  }
  return sounded;
}

/** An alarm that is on. `name`: `100234 Northwind`, or of an operator; empty for the whole desk. It lasts until then without a miss. */
export interface SoundingAlarm extends Omit<Alarm, 'counting'> {
  readonly scope: AlarmScope;
  readonly name: string;
}

export async function soundingAlarms({ store: { read } }: Pick<Desk, 'store'>, now: number) {
  const named = async (id: string): Promise<Pick<SoundingAlarm, 'scope' | 'name'>> => {
    if (id === DESK) return { scope: 'desk', name: '' };
    const [company] = await read.accounts.byIds([id]);
    if (company !== undefined) return { scope: 'company', name: `${company.number} ${company.name}` };
    return { scope: 'operator', name: (await read.operators.byId(id))?.name ?? id };
  };
  const rows = await read.alarms.on(now);
  return Promise.all(
    rows.map(async ({ id, counting: _, ...alarm }): Promise<SoundingAlarm> => ({ ...alarm, ...(await named(id)) })),
  );
}

/** Then wrong answers count as usual again, so it asks for a fresh code. */
const RESUMING = { permission: 'user:unlock', fresh: true } as const;

/** Ends every alarm; the misses until now count no more. Returns how many were on. Refusal `missing-option` without a reason. */
export async function resumeDesk(desk: Desk, signed: SignedOperator, reason: string): Promise<number> {
  await askAuthority(desk, signed, RESUMING);
  if (reason.trim() === '') throw refusal('missing-option', 'reason-missing', { to: 'resume' });
  return act<'user:unlock', number>(desk, signed, RESUMING, {
    entry: (alarms) => ({ kind: 'desk.resumed', reason: reason.trim(), detail: { alarms } }),
    change: async ({ write, now }) => {
      const [rows, [whole = QUIET]] = [await write.alarms.on(now), await write.alarms.byIds([DESK])];
      for (const row of [...rows, { ...whole, id: DESK }])
        await write.alarms.put({ ...row, until: now, counting: now });
      return rows.length;
    },
  });
}
