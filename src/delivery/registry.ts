/**
 * The only list of channels, what each carries, and the settings that choose among them.
 * A new channel is one file in this room and one line in CHANNELS.
 *
 *   [mail]     channel = "file" | "smtp"   from, fromName, host, port, security, user, passwordFile, caFile, pool
 *   [sms]      channel = "file" | "http"   url, accountSid, tokenFile, from
 *   [webhook]  channel = "file" | "http"   url, secretFile, allowPrivate      ("http" if a url is given)
 *   [events]   channel = "file" | "http"   url, issuer, audience, tokenFile, allowPrivate               (the same)
 */

import { Refusal } from '../errors.js';
import { type Channel, type DeliveryEffects, MESSAGE_KINDS, type MessageKind } from './channel.js';
import { openEventsChannel, readEventsConfig } from './events.js';
import { openFileChannel } from './file.js';
import { isPlainAddress, type Sender } from './mail.js';
import { Section } from './section.js';
import { openSmsChannel, readSmsConfig } from './sms.js';
import { openSmtpChannel, readSmtpConfig } from './smtp.js';
import { openWebhookChannel, readWebhookConfig } from './webhook.js';

/** One chosen channel: its checked settings, without secrets, and how to open it. */
interface ChannelConfig {
  readonly settings: { readonly channel: string };
  open(effects: DeliveryEffects, sender: Sender): Channel;
}

export interface Channels {
  /** The kinds of events that other systems receive, from the [webhook] and [events] tables of the settings. */
  readonly wanted: readonly Extract<MessageKind, 'webhook' | 'event'>[];
  /** The channel that carries this kind. */
  pick(kind: MessageKind): Channel;
}

type Choice = (section: Section) => ChannelConfig;

/** Pairs the function that reads a channel's settings with the one that opens the channel. */
function choice<C extends { readonly channel: string }>(
  read: (section: Section) => C,
  open: (settings: C, effects: DeliveryEffects, sender: Sender) => Channel,
): Choice {
  return (section) => {
    const settings = read(section);
    return { settings, open: (effects, sender) => open(settings, effects, sender) };
  };
}

const file = choice(
  () => ({ channel: 'file' }),
  (_, { dataFolder }, sender) => openFileChannel({ dataFolder, sender }),
);

/** The settings table of each kind of message, and the channels it may name. */
const CHANNELS: Readonly<Record<MessageKind, { table: string; choices: Readonly<Record<string, Choice>> }>> = {
  email: { table: 'mail', choices: { file, smtp: choice(readSmtpConfig, openSmtpChannel) } },
  sms: { table: 'sms', choices: { file, http: choice(readSmsConfig, openSmsChannel) } },
  webhook: { table: 'webhook', choices: { file, http: choice(readWebhookConfig, openWebhookChannel) } },
  event: { table: 'events', choices: { file, http: choice(readEventsConfig, openEventsChannel) } },
};

/** Only for the file channel, because SMTP requires an address that can receive replies. */
const NO_ADDRESS = 'desk@countersign.invalid';

/**
 * Reads the delivery settings from a parsed config file: the tables `mail`, `sms`, `webhook` and `events`, all optional. Ignores other
 * tables. Mail is sent in the name of the desk, unless `fromName` gives another. Throws Refusal `config` with every fault listed.
 */
export function readDeliveryConfig(settings: unknown, deskName: string) {
  const all: Readonly<Record<string, unknown>> = Object(settings);
  const sections = ofEach((kind) => new Section(CHANNELS[kind].table, all[CHANNELS[kind].table]));
  const config = {
    sender: readSender(sections.email, deskName),
    channels: ofEach((kind) => readChannel(kind, sections[kind])),
    wanted: (['webhook', 'event'] as const).filter((kind) => all[CHANNELS[kind].table] !== undefined),
  };
  const problems = Object.values(sections).flatMap((each) => each.finish());
  if (problems.length > 0) {
    const hint = 'Correct the config file, then check it with: countersign doctor';
    throw new Refusal('config', 'the settings for delivery are not valid', { problems, hint });
  }
  return config;
}

const ofEach = <T>(make: (kind: MessageKind) => T) =>
  Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, make(kind)])) as Record<MessageKind, T>;

/** An address alone chooses `http`, where there is a choice of where to. */
function readChannel(kind: MessageKind, section: Section): ChannelConfig {
  const { choices } = CHANNELS[kind];
  const otherwise = (kind === 'webhook' || kind === 'event') && section.has('url') ? 'http' : 'file';
  const name = section.oneOf('channel', Object.keys(choices), otherwise);
  if (name === 'file' && ['host', 'accountSid'].some((key) => section.has(key)))
    section.fault('channel', 'must be set beside the settings of a server');
  return (choices[name] ?? file)(section);
}

function readSender(mail: Section, deskName: string): Sender {
  const address = mail.optionalText('from') ?? NO_ADDRESS;
  if (!isPlainAddress(address)) mail.fault('from', 'must be one plain e-mail address');
  return { name: mail.optionalText('fromName') ?? deskName, address };
}

/** Opens the channels that the settings name. Uses neither disk nor network; a channel does so only when it sends. */
export function openChannels(config: ReturnType<typeof readDeliveryConfig>, effects: DeliveryEffects): Channels {
  const channels = ofEach((kind) => config.channels[kind].open(effects, config.sender));
  return { wanted: config.wanted, pick: (kind) => channels[kind] };
}
