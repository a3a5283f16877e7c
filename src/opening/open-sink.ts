/** The sink of the log: opened where the settings name one, and followed while a command runs. Part of main's room. */
import type { ConfigFile } from '../config.js';
import type { DeliveryEffects } from '../delivery/channel.js';
import type { Sink } from '../delivery/sink.js';
import type { Desk } from '../desk.js';

/** A dead sink must not hold up a call for longer than this. */
const TIMEOUT_MS = 3_000;
/** How soon entries of a command that goes on (the console, a bulk run) are handed on. */
const EVERY_MS = 1_000;

/** Null where the settings name none, which costs nothing. Refusal `config`. */
export async function openSink(file: ConfigFile, effects: DeliveryEffects): Promise<Sink | null> {
  if (file.sink === undefined) return null;
  const { readSinkConfig } = await import('../delivery/sink-registry.js');
  return readSinkConfig(file)?.({ ...effects, timeoutMs: TIMEOUT_MS }) ?? null;
}

/** Hands entries on as they are written, until `stop`, which hands on the last. `warn` is called once, with one line. */
export function followLog(desk: Desk, warn: (text: string) => void): { stop(): Promise<void> } {
  const { sink } = desk;
  if (sink === null) return { stop: async () => undefined };
  let warned = false;
  let running: Promise<void> | undefined;
  const stream = async () => {
    const { streamLog } = await import('../procedures/log/stream-log.js');
    const { failed, waiting, why } = await streamLog(desk);
    if (!failed || warned) return;
    warned = true;
    warn(`warning: the log cannot be handed on to ${sink.place}: ${why ?? ''}; ${waiting} entries wait, none is lost`);
  };
  const once = () => {
    running ??= stream().finally(() => {
      running = undefined;
    });
    return running;
  };
  // A store that is busy or gone is the command's own news; the entries wait in the log.
  const timer = setInterval(() => void once().catch(() => undefined), EVERY_MS);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running?.catch(() => undefined);
      await once().catch(() => undefined);
    },
  };
}
