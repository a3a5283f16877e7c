/** Opens the sink of the log, if the settings name one, and sends entries to it while a command runs. Part of main's room. */
import type { ConfigFile } from '../config.js';
import type { DeliveryEffects } from '../delivery/channel.js';
import type { Sink } from '../delivery/sink.js';
import type { Desk } from '../desk.js';

/** A dead sink must not hold up a call for longer than this. */
const TIMEOUT_MS = 3_000;
/** How often a long command (the console, a bulk run) sends its entries. */
const EVERY_MS = 1_000;

/** Null if the settings name no sink; then nothing is loaded. Refusal `config`. */
export async function openSink(file: ConfigFile, effects: DeliveryEffects): Promise<Sink | null> {
  if (file.sink === undefined) return null;
  const { readSinkConfig } = await import('../delivery/sink-registry.js');
  return readSinkConfig(file)?.({ ...effects, timeoutMs: TIMEOUT_MS }) ?? null;
}

/** Sends entries as they are written, until `stop`, which sends the last. `warn` is called at most once, with one line. */
export function followLog(desk: Desk, warn: (text: string) => Promise<void>): { stop(): Promise<void> } {
  const { sink } = desk;
  if (sink === null) return { stop: async () => undefined };
  let warned = false;
  let running: Promise<void> | undefined;
  const stream = async () => {
    const { streamLog } = await import('../procedures/log/stream-log.js');
    const { failed, waiting, why } = await streamLog(desk);
    if (!failed || warned) return;
    warned = true;
    await warn(
      `cannot send the log to ${sink.place}: ${why ?? ''}; it will be sent later (entries that wait: ${waiting})`,
    );
  };
  const once = () => {
    running ??= stream().finally(() => {
      running = undefined;
    });
    return running;
  };
  // The command itself reports a store that is busy or missing; the entries stay in the log.
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
