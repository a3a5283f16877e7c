/**
 * `call list`, `call show`, `call note`: calls as the log has them; `grant …`: live grants of verified callers (B08); `receipt show`,
 * `receipt check`: the same for others (B97).
 */
import * as z from 'zod';
import { listGrants, revokeGrant } from '../../procedures/calls/grants.js';
import { callRecord, ownCalls, proveCall } from '../../procedures/log/call-record.js';
import { checkReceipt, receiptText } from '../../rules/receipt.js';
import { printable } from '../../terminal/printable.js';
import { type Command, command, wholeNumber } from '../command.js';
import { block, localClock, localMinute, moments } from '../wording/results.js';
import { headDocument, noteOf, recordDocument, recordView } from './record-view.js';

const grantList = command({
  path: 'grant list',
  access: 'verify',
  run: async ({ desk, words }) => {
    const grants = await listGrants(desk);
    return {
      view: [
        block.table(
          words.all('grants.grant', 'grants.caller', 'grants.for', 'grants.operator', 'grants.until'),
          grants.map((grant) => [
            grant.id,
            `${grant.account.number}/${grant.caller.login}`,
            grant.action,
            grant.operator.name,
            localClock(grant.expiresAt),
          ]),
          words('grants.none'),
        ),
      ],
      document: { grants: grants.map((grant) => ({ ...grant, ...moments(grant, 'createdAt', 'expiresAt') })) },
    };
  },
});

const grantRevoke = command({
  path: 'grant revoke',
  access: 'verify',
  arguments: ['<grant>'],
  run: async ({ desk, signed, words }, { grant }) => {
    const ended = await revokeGrant(desk, signed, grant);
    const line = words(ended ? 'grants.revoked' : 'grants.ended', { id: grant });
    return { view: [block.lines(line)], document: { grant: { id: grant, revoked: ended } } };
  },
});

const list = command({
  path: 'call list',
  access: 'verify',
  options: ['--limit <n>'],
  own: () => ({ limit: wholeNumber(1, 1_000).default(20) }),
  run: async ({ desk, signed, words }, { limit }) => {
    const calls = await ownCalls(desk, signed, limit);
    const rows = calls.map(({ id, state, openedAt, account, caller, outcome }) => [
      id,
      localMinute(openedAt),
      words.term('callState', state),
      account === null ? '' : `${account.number}${caller === null ? '' : `/${caller}`}`,
      words.term('callOutcome', outcome ?? ''),
    ]);
    return {
      view: [
        block.table(
          words.all('record.call', 'record.opened', 'record.standing', 'record.about', 'record.latest'),
          rows,
          words('record.none'),
        ),
      ],
      document: { calls: calls.map(headDocument) },
    };
  },
});

const show = command({
  path: 'call show',
  access: 'verify',
  arguments: ['<call>'],
  run: async ({ desk, signed, words }, { call }) => {
    const record = await callRecord(desk, signed, call);
    return { view: recordView(record, words), document: { call: recordDocument(record) } };
  },
});

const note = command({
  path: 'call note',
  access: 'verify',
  arguments: ['<call>'],
  run: async ({ desk, signed, words }, { call }) => {
    const record = await callRecord(desk, signed, call);
    const lines = noteOf(record, words);
    const raw = lines.map((line) => `${printable(line)}\n`).join('');
    return { view: [], raw, document: { note: { call: record.id, text: lines.join('\n') } } };
  },
});

const receiptShow = command({
  path: 'receipt show',
  access: 'audit:receipt',
  arguments: ['<call>'],
  run: async ({ context, desk, signed, words }, given) => {
    const { call, proofs, verifierKey } = await proveCall(desk, signed, given.call);
    const text = receiptText(proofs);
    context.notice(words('record.key', { key: verifierKey }));
    return { view: [], raw: text, document: { receipt: { call, entries: proofs.length, text, verifierKey } } };
  },
});

const receiptCheck = command({
  path: 'receipt check',
  access: 'anyone',
  arguments: [{ name: '<file>', path: 'reads' }],
  options: [{ flags: '--verifier-key <key>', many: true }],
  own: () => ({ verifierKey: z.string().array().min(1) }),
  run: async ({ context, words }, { file, verifierKey }) => {
    const { open, tree } = await context.house.outsider(verifierKey);
    const { call, entries, origin, size } = checkReceipt(await context.files.readText(file), tree, open);
    const heads = words.all('record.time', 'record.what', 'record.outcome', 'record.by');
    const rows = entries.map((one) => [String(one.seq), localMinute(one.at), one.kind, one.outcome, one.by.name]);
    return {
      view: [
        block.verdict(words('record.valid')),
        block.fields([words('record.call'), call], [words('record.log'), words('record.entries', { origin, size })]),
        block.table([{ title: words('record.entry'), align: 'right' }, ...heads], rows),
        block.note(words('record.proves')),
      ],
      document: { receipt: { outcome: 'verified', call, origin, size, entries } },
    };
  },
});

export const commands: readonly Command[] = [grantList, grantRevoke, list, show, note, receiptShow, receiptCheck];
