/** Application Password MFA: the methods, backup codes, remembered devices and open sessions of the one who is signed in (B40, B41, B82). */
import { html } from 'hono/html';
import { listFactors, newBackupCodes, removeFactor } from '../procedures/factors/manage-factors.js';
import { endSessions, forgetDevices, listDevices, listSessions } from '../procedures/portal/devices-and-sessions.js';
import { dayOf, minuteOf } from '../rules/moment.js';
import { button, field, form, type Html, hidden, link, select, signInAgain, table } from './layout.js';
import { type Page, page, proven } from './page.js';
import { beginSetUp, kindButtons, setUpActs, unfinished } from './set-up.js';
import type { TextKey } from './text.js';
import { owedFor, type Signed } from './visit.js';

const methods = page('/methods', 'methods.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text } = visit;
    const own = await listFactors(desk, login);
    const factors = own.factors.map((one) => ({ ...one, name: text(`kind.${one.kind}` as TextKey) }));
    const called = ({ name, to }: { name: string; to: string | null }) => (to ? `${name} (${to})` : name);
    const may = owedFor(visit, { lock: 'owner:methods' }) === 'nothing';
    const remove = (id: string, kind: string) =>
      form(visit, button(text('methods.remove', { kind }), `remove ${id}`, 'danger'));
    const rows = factors.map(({ id, name, to, state }) => {
      const is = text(state === 'pending' ? 'methods.half-done' : 'methods.active');
      return [name, to ?? '', is, may ? remove(id, called({ name, to })) : ''];
    });
    const heads = [text('methods.method'), text('methods.to'), text('methods.state'), text('methods.change')];
    const list = table(text('methods.own'), heads, rows, text('methods.none'));
    const asked = html`<p>${text(own.required ? 'methods.required' : 'methods.not-required')}</p>`;
    if (!may) return html`${asked}${list}${signInAgain(visit)}`;
    const replaced = factors.filter(({ state }) => state === 'active').map((one) => [one.id, called(one)] as const);
    const replacing = select('replaces', text('methods.replaces'), [['', text('methods.replaces-none')], ...replaced]);
    const mailed = html`${field('enrolment-code', text('set-up.mailed-code'), { note: text('methods.mailed-note'), optional: 'yes' })}`;
    const adding = form(visit, html`${replaced.length === 0 ? '' : replacing}${mailed}${kindButtons(visit)}`);
    const left = html`<p>${text('methods.backup-left', { left: own.backupCodesLeft })}</p>`;
    const backup = html`${left}${form(visit, button(text('methods.new-codes'), 'backup'))}`;
    return html`${asked}${list}${unfinished(visit)}<h2>${text('methods.add')}</h2>${adding}<h2>${text('methods.backup')}</h2>${backup}`;
  },
  acts: {
    ...setUpActs,
    begin: (visit, kind) =>
      proven(visit, { act: `begin ${kind}`, kept: ['replaces', 'enrolment-code'] }, () => beginSetUp(visit, kind)),
    remove: (visit, id) =>
      proven(visit, { act: `remove ${id}`, kept: [] }, async () => {
        await removeFactor(visit.desk, visit.login, id);
        return { to: '/methods', said: 'said.method-removed' };
      }),
    // What this page has just been shown, and no more: the store has no code in clear, and an address would be remembered.
    keep: async ({ given }) => ({ file: 'backup-codes.txt', lines: given('codes').replace(/[^\w\s-]|\r/g, '') }),
    backup: (visit) => proven(visit, { act: 'backup', kept: [] }, async () => ({ html: await newCodes(visit) })),
  },
});

async function newCodes(visit: Signed): Promise<Html> {
  const { text, desk, login } = visit;
  const { codes, onlyMethod } = await newBackupCodes(desk, login);
  // With the new token the form that made them is an old one: sent again, it makes no others.
  await visit.risen(login);
  const warning = onlyMethod ? html`<p class="no">${text('advice.only-backup-codes')}</p>` : '';
  const list = html`<ol class="secret">${codes.map((code) => html`<li>${code}</li>`)}</ol>`;
  const keep = html`${hidden('codes', `${codes.join('\n')}\n`)}${button(text('methods.codes-file'), 'keep')}`;
  return html`<p>${text('methods.codes-once')}</p>${list}${warning}${form(visit, keep)}${link(text('methods.codes-kept'), '/methods')}`;
}

const devices = page('/devices', 'devices.title', ['done'], {
  show: async (visit) => {
    const { desk, login, text, deviceTokens } = visit;
    const act = (label: TextKey, which: string) => form(visit, button(text(label), which, 'danger'));
    const known = await listDevices(desk, login, deviceTokens);
    const open = await listSessions(desk, login);
    const deviceRows = known.map(({ id, rememberedAt, expiresAt, here }) => [
      ...[dayOf(rememberedAt), dayOf(expiresAt), here ? text('devices.this') : ''],
      act('devices.forget', `forget ${id}`),
    ]);
    const sessionRows = open.map(({ id, openedAt, lastSeenAt, current }) => [
      ...[minuteOf(openedAt), minuteOf(lastSeenAt), current ? text('sessions.this') : ''],
      act('sessions.end', `end ${id}`),
    ]);
    const [which, change] = [text('devices.which'), text('methods.change')];
    const deviceHeads = [text('devices.since'), text('devices.until'), which, change];
    const sessionHeads = [text('sessions.since'), text('sessions.seen'), which, change];
    const all = known.length > 1 ? act('devices.forget-all', 'forget all') : '';
    const others = open.length > 1 ? act('sessions.end-others', 'end others') : '';
    return html`${table(text('devices.list'), deviceHeads, deviceRows, text('devices.none'))}${all}${table(text('sessions.list'), sessionHeads, sessionRows)}${others}`;
  },
  acts: {
    forget: async ({ desk, login }, which) => {
      await forgetDevices(desk, login, which === 'all' ? 'all' : { id: which });
      return { to: '/devices', said: 'said.device-forgotten' };
    },
    end: async ({ desk, login, deviceTokens }, which) => {
      await endSessions(desk, login, which === 'others' ? 'others' : { id: which }, deviceTokens);
      return { to: '/devices', said: 'said.session-ended' };
    },
  },
});

export const methodPages: readonly Page[] = [methods, devices];
