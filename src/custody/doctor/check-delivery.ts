/** Are the channel settings valid, and does the mail server take a connection and the login? Sends nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openChannels, readDeliveryConfig } from '../../delivery/registry.js';
import type { SetupCheck } from './check.js';

export const checkDelivery: SetupCheck = {
  subject: 'Delivery',
  look: async ({ settings: { file, deskName, dataFolder } }) => {
    const delivery = readDeliveryConfig(file, deskName);
    const { channels } = delivery;
    // Only what a connection needs: nothing is signed or sent here.
    const readFile = async (path: string) => readFileSync(path, 'utf8');
    const effects = { dataFolder, fetch, signToken: () => '', resolveHost: async () => [], readFile, timeoutMs: 5_000 };
    const kinds = Object.entries(channels).map(([kind, { settings }]) => ({ kind, channel: settings.channel }));
    const sent = kinds.filter(({ channel }) => channel !== 'file').map(({ kind, channel }) => `${kind} by ${channel}`);
    const written = kinds.filter(({ channel }) => channel === 'file').map(({ kind }) => kind);
    if (written.length > 0) sent.push(`${written.join(', ')} as files in ${join(dataFolder, 'outbox')}`);
    const config = [{ subject: 'Delivery', state: 'ok', text: sent.join('; ') } as const];
    const failed = await openChannels(delivery, effects).pick('email').reach?.();
    if (failed === undefined) return config;
    const mend = 'check [mail] in the config file, then: countersign outbox test ADDRESS';
    return [...config, { subject: 'Mail server', state: 'wrong', text: failed.why, mend }];
  },
};
