/**
 * Channels whose receiver asked not to be called again (HTTP 410). The store remembers them for every process, until the receiver is another
 * one, a person has looked (`outbox flush --again`), or a message got through after all. Their messages wait meanwhile.
 */
import type { Desk, MessageKind, SignedOperator, Writes } from '../../desk.js';
import { act } from '../authorise.js';

/** Since when, and for which receiver: a digest, because an address may contain a secret. */
type Offs = Readonly<Partial<Record<MessageKind, { readonly since: number; readonly place: string }>>>;

const read = (text: string | undefined): Offs => (text === undefined ? {} : (JSON.parse(text) as Offs));

/** The kinds of messages that are switched off, and since when (ms). */
export async function switchedOff(desk: Desk): Promise<ReadonlyMap<string, number>> {
  const offs = Object.entries(read(await desk.store.read.meta.get('channels-off')));
  const still = offs.filter(([kind, off]) => off.place === placeOf(desk, kind as MessageKind));
  return new Map(still.map(([kind, off]) => [kind, off.since]));
}

function placeOf(desk: Desk, kind: MessageKind): string {
  const { name, place } = desk.channels.pick(kind);
  return desk.digests.sha256(`${name} ${place ?? ''}`);
}

/** Call it in the transaction that records an outcome. */
export async function noteOutcome(
  desk: Desk,
  write: Writes,
  sent: { readonly kind: string; readonly at: number; readonly delivered: boolean; readonly disable: boolean },
): Promise<void> {
  if (!sent.delivered && !sent.disable) return;
  const kind = sent.kind as MessageKind;
  const { [kind]: known, ...others } = read(await write.meta.get('channels-off'));
  if (sent.disable) await put(write, { ...others, [kind]: { since: sent.at, place: placeOf(desk, kind) } });
  else if (known !== undefined) await put(write, others);
}

async function put(write: Writes, offs: Offs): Promise<void> {
  if (Object.keys(offs).length === 0) await write.meta.delete('channels-off');
  else await write.meta.put('channels-off', JSON.stringify(offs));
}

/** The flush that follows sends what is due. */
const SWITCHING_ON = { permission: 'outbox:flush', sendLater: true } as const;

/** A person has looked: tries everything again. Returns the kinds that were off. */
export async function switchOn(desk: Desk, signed: SignedOperator): Promise<readonly string[]> {
  return act<'outbox:flush', readonly string[]>(desk, signed, SWITCHING_ON, {
    entry: (kinds) => ({ kind: 'delivery.switched-on', detail: { kinds } }),
    change: async ({ write }) => {
      const kinds = Object.keys(read(await write.meta.get('channels-off')));
      await write.meta.delete('channels-off');
      return kinds;
    },
  });
}
