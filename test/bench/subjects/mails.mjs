/**
 * Sending what a large bulk run queued, through a mail server on loopback: at least 200 mails a second, with their claims and outcomes in
 * the log. 1,000 mails; 10,000 with `--large`.
 */
import { SMTPServer } from 'smtp-server';
import { benchDesk } from '../bench-desk.mjs';
import { LARGE } from '../size.mjs';

const MAILS = LARGE ? 10_000 : 1_000;
const LEAST_PER_SECOND = 200;

let bench;
let desk;
let server;
let took = 0;

export const name = `outbox: ${MAILS} mails, ms for each`;
export const reach = 1;
export const rounds = 1;

export async function prepare() {
  bench = await benchDesk([
    "export { deliverDue } from './src/procedures/messages/deliver-outbox.js';",
    "export { prepareMessage } from './src/procedures/messages/queue-message.js';",
  ]);
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, _, done) => void stream.resume().on('end', () => done(null, 'accepted')),
  });
  const port = await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server.server.address().port)));
  bench.place.settings.file = {
    mail: { channel: 'smtp', host: '127.0.0.1', port, from: 'desk@bench.example' },
  };
  desk = await bench.open();
  const account = { id: 'acc_1' };
  const rows = Array.from({ length: MAILS }, (_, n) =>
    bench.sources.prepareMessage(desk, {
      template: 'mfa-reset-undone',
      to: `user${n}@bench.example`,
      account,
      user: { id: `usr_${n}` },
      values: { name: 'Bea', account: '100001', login: 'bea', when: 'today', who: 'lena', reference: 'R-1' },
    }),
  );
  const entry = { kind: 'test.queued', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 'x', name: 'x' } };
  await desk.store.record(entry, (write) => write.outbox.insert(rows));
  desk.store.takeQueued();
  const begun = performance.now();
  const { delivered } = await bench.sources.deliverDue(desk);
  took = (performance.now() - begun) / MAILS;
  if (delivered !== MAILS) throw new Error(`${delivered} of ${MAILS} mails were sent`);
}

export const floor = () => 1_000 / LEAST_PER_SECOND;
export const figure = () => took;

export async function close() {
  await desk?.store.close();
  server?.close();
  bench?.close();
}
