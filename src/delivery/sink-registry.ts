/**
 * The one list of sinks for the log, and the settings that choose one:
 *
 *   [sink]  kind = "file"     path
 *           kind = "syslog"   address = "tcp://host:port" | "udp://host:port" | "unix:/path"   hostname
 *           kind = "webhook"  url, secretFile, allowPrivate
 */
import { Refusal } from '../errors.js';
import type { DeliveryEffects } from './channel.js';
import { Section } from './section.js';
import type { Sink } from './sink.js';
import { openFileSink, readFileSink } from './sink-file.js';
import { openSyslogSink, readSyslogSink } from './sink-syslog.js';
import { openWebhookSink, readWebhookSink } from './sink-webhook.js';

const SINKS: Readonly<Record<string, (section: Section) => (effects: DeliveryEffects) => Sink>> = {
  file: (section) => {
    const config = readFileSink(section);
    return (effects) => openFileSink(config, effects);
  },
  syslog: (section) => {
    const config = readSyslogSink(section);
    return (effects) => openSyslogSink(config, effects);
  },
  webhook: (section) => {
    const config = readWebhookSink(section);
    return (effects) => openWebhookSink(config, effects);
  },
};

/** The sink that the settings name, or null. Refusal `config` with every fault. */
export function readSinkConfig(settings: unknown): ((effects: DeliveryEffects) => Sink) | null {
  const table = (settings as { readonly sink?: unknown } | null)?.sink;
  if (table === undefined) return null;
  const section = new Section('sink', table);
  const kinds = Object.keys(SINKS);
  const kind = section.oneOf('kind', kinds, 'file');
  const open = SINKS[kind]?.(section) ?? null;
  const problems = section.finish();
  if (problems.length === 0) return open;
  const hint = 'Correct the config file, then check it with: countersign doctor';
  throw new Refusal('config', 'the settings for the sink of the log are not valid', { problems, hint });
}
