/** `call list`, `call show`, `call note`: calls as the log has them; `receipt show`, `receipt check`: the same for others (B97). */
import * as z from 'zod';
import { callRecord, ownCalls, proveCall } from '../../procedures/log/call-record.js';
import { checkReceipt, receiptText } from '../../rules/receipt.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';
import { headDocument, noteOf, recordDocument, recordView } from './record-view.js';

const CALL = { name: '<call>', about: 'id of the call, such as call_7kq2mp' } as const;
const oneCall = () => z.object({ call: z.string() });

const list = command({
  path: 'call list',
  summary: 'list your own calls, the newest first',
  examples: ['countersign call list', 'countersign call list --limit 5 --json'],
  access: 'verify',
  options: [{ flags: '--limit <n>', about: 'how many (default: 20)' }],
  input: () => z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(20) }),
  run: async (context, { limit }) => {
    const calls = await ownCalls(await context.desk(), context.operator(), limit);
    const rows = calls.map(({ id, state, openedAt, account, caller, outcome }) => [
      id,
      localMinute(openedAt),
      state,
      account === null ? '' : `${account.number}${caller === null ? '' : `/${caller}`}`,
      outcome ?? '',
    ]);
    return {
      view: [block.table(['call', 'opened', 'state', 'about', 'latest'], rows, 'You have had no calls.')],
      document: { calls: calls.map(headDocument) },
    };
  },
});

const show = command<z.infer<ReturnType<typeof oneCall>>>({
  path: 'call show',
  summary: 'show what happened on a call, from the log',
  examples: ['countersign call show call_7kq2mp', 'countersign call show 7kq2mp --json'],
  access: 'verify',
  arguments: [CALL],
  input: oneCall,
  run: async (context, { call }) => {
    const record = await callRecord(await context.desk(), context.operator(), call);
    return { view: recordView(record, context.house.now()), document: { call: recordDocument(record) } };
  },
});

const note = command<z.infer<ReturnType<typeof oneCall>>>({
  path: 'call note',
  summary: 'print the note of a call for your ticket',
  examples: ['countersign call note call_7kq2mp'],
  access: 'verify',
  arguments: [CALL],
  input: oneCall,
  run: async (context, { call }) => {
    const record = await callRecord(await context.desk(), context.operator(), call);
    const lines = noteOf(record, context.house.now());
    return { view: [block.lines(...lines)], document: { note: { call: record.id, text: lines.join('\n') } } };
  },
});

const receiptShow = command<z.infer<ReturnType<typeof oneCall>>>({
  path: 'receipt show',
  summary: 'print the signed receipt of a call, to keep with the ticket',
  examples: ['countersign receipt show call_7kq2mp > call_7kq2mp.receipt'],
  access: 'audit:receipt',
  arguments: [CALL],
  input: oneCall,
  run: async (context, given) => {
    const { call, proofs, verifierKey } = await proveCall(await context.desk(), context.operator(), given.call);
    const text = receiptText(proofs);
    context.notice(`Verifier key (others need it to check this receipt): ${verifierKey}`);
    return { view: [], raw: text, document: { receipt: { call, entries: proofs.length, text, verifierKey } } };
  },
});

const checkInput = () => z.object({ file: z.string(), verifierKey: z.string().array().min(1) });

const receiptCheck = command<z.infer<ReturnType<typeof checkInput>>>({
  path: 'receipt check',
  summary: 'check a receipt; needs neither store nor key nor network',
  examples: ['countersign receipt check call_7kq2mp.receipt --verifier-key "$KEY"'],
  access: 'anyone',
  arguments: [{ name: '<file>', about: 'the receipt; - reads standard input', path: 'reads' }],
  options: [
    { flags: '--verifier-key <key>', about: 'the key that the desk gave you at another time and place', many: true },
  ],
  input: checkInput,
  run: async (context, { file, verifierKey }) => {
    const { open, tree } = await context.house.outsider(verifierKey);
    const { call, entries, origin, size } = checkReceipt(await context.files.readText(file), tree, open);
    const rows = entries.map(({ seq, at, kind, outcome, by }) => [
      String(seq),
      localMinute(at),
      kind,
      outcome,
      by.name,
    ]);
    return {
      view: [
        block.verdict('THE RECEIPT IS VALID'),
        block.fields(['Call', call ?? 'none'], ['Log', `${origin}, ${size} entries`]),
        block.table([{ title: 'entry', align: 'right' }, 'time', 'what', 'outcome', 'by'], rows),
        block.note('It proves that these entries were in the log. Others of the call may be missing from it.'),
      ],
      document: { receipt: { outcome: 'verified', call, origin, size, entries } },
    };
  },
});

export const commands: readonly Command[] = [list, show, note, receiptShow, receiptCheck];
