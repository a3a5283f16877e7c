/**
 * A desk of the built command with the rest of the world beside it, all on loopback: a real SMTP server, an HTTP gateway for texts, a webhook and a
 * receiver of security events, each of which a test can put in a bad mood.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { SMTPServerOptions } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { inject, onTestFinished } from 'vitest';
import { startHttp, startSmtp } from '../../delivery/servers.js';
import { type BuiltDesk, builtDesk } from '../../support/built-desk.js';
import { inside } from '../../support/run-inside.js';
import type { EngineName } from '../../support/test-desk.js';

export const PASSWORD = 'copper and nineteen herons';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** How the other side behaves now. */
interface Mood {
  smtp: 'takes' | 'drops' | 'refuses' | 'hangs';
  sms: number;
  webhook: number;
  events: number;
}

export interface Outside {
  readonly place: BuiltDesk;
  readonly mood: Mood;
  readonly env: Record<string, string>;
  readonly mails: { readonly raw: string }[];
  readonly config: { mail: object };
  run(args: readonly string[], stdin?: string): ReturnType<BuiltDesk['run']>;
  must(args: readonly string[], stdin?: string): Promise<Record<string, unknown>>;
  /** The same without a process: what stands there now. */
  look(args: readonly string[]): Promise<Record<string, unknown>>;
  /** The newest mail to this address, parsed. */
  mailTo(address: string): Promise<{ subject: string; text: string; id: string; code: string }>;
  texted(): string;
  /** Security events as they were pushed. */
  sets(): readonly { readonly body: string; readonly headers: Readonly<Record<string, string>> }[];
  events(): readonly {
    readonly id: string;
    readonly type: string;
    readonly data: { items: Record<string, unknown>[] };
  }[];
}

/** `like`: a desk that was founded before, whose copy it is. */
export async function outside(engine: EngineName, like?: Founded): Promise<Outside> {
  const place = await builtDesk(engine, like === undefined ? {} : { like: like.place });
  onTestFinished(() => place.close());
  const mood: Mood = { smtp: 'takes', sms: 201, webhook: 200, events: 202 };
  const mails: { raw: string }[] = [];
  let drop = (): void => undefined;
  const onData: SMTPServerOptions['onData'] = (stream, _session, done) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const { smtp } = mood;
      if (smtp !== 'refuses') mails.push({ raw: Buffer.concat(parts).toString('utf8') });
      if (smtp === 'takes') done();
      else if (smtp === 'refuses') done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
      else if (smtp === 'drops') drop();
    });
  };
  const smtp = await startSmtp({ onData });
  drop = smtp.drop;
  const gateway = await startHttp((response) => response.writeHead(mood.sms).end('{"sid":"SM1"}'));
  const hook = await startHttp((response) => response.writeHead(mood.webhook).end());
  const receiver = await startHttp((response) => response.writeHead(mood.events).end());
  mkdirSync(place.folders.config, { recursive: true, mode: 0o700 });
  const file = (name: string, text: string): string => {
    writeFileSync(join(place.folders.config, name), text, { mode: 0o600 });
    return JSON.stringify(join(place.folders.config, name));
  };
  const mail = { channel: 'smtp', host: '127.0.0.1', port: smtp.port, security: 'none', from: 'desk@support.example' };
  const toml = (table: object) =>
    Object.entries(table)
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .join('\n');
  file(
    'config.toml',
    `deskName = "Example Support"
policy = ${JSON.stringify(inject('floorPolicy'))}
[mail]
${toml(mail)}
fromName = "Example Support"
[sms]
channel = "http"
url = "${gateway.url}/Messages.json"
accountSid = "AC1"
tokenFile = ${file('sms-token', 'sms-token\n')}
from = "+15550100"
[webhook]
url = "${hook.url}/desk"
secretFile = ${file('webhook-secret', `${SECRET}\n`)}
allowPrivate = true
[events]
url = "${receiver.url}/sets"
issuer = "https://desk.example"
audience = "https://siem.example"
tokenFile = ${file('events-token', 'events-token\n')}
allowPrivate = true
`,
  );
  const env = { COUNTERSIGN_TOKEN: like?.token ?? (await initialise(place)) };
  return {
    place,
    mood,
    env,
    mails,
    config: { mail },
    run: (args, stdin) => place.run(args, stdin, env),
    must: (args, stdin) => place.must(args, stdin, env),
    look: (args) => inside(place.env).must(args, '', env),
    mailTo: async (address) => {
      for (const { raw } of mails.toReversed()) {
        const parsed = await PostalMime.parse(raw);
        if (parsed.to?.[0]?.address !== address) continue;
        const text = (parsed.text ?? '').replaceAll('\r\n', '\n');
        const [, code = ''] = /^ {4}(\S+)$/m.exec(text) ?? [];
        return { subject: parsed.subject ?? '', text, id: parsed.messageId ?? '', code };
      }
      throw new Error(`no mail to ${address}`);
    },
    texted: () => /^(\d{6}) /.exec(new URLSearchParams(gateway.posts.at(-1)?.body ?? '').get('Body') ?? '')?.[1] ?? '',
    sets: () => receiver.posts,
    events: () =>
      hook.posts.map(({ body, headers }) => ({
        id: headers['webhook-id'] ?? '',
        ...(new Webhook(SECRET).verify(body, { ...headers }) as {
          type: string;
          data: { items: Record<string, unknown>[] };
        }),
      })),
  };
}

const initialise = async ({ must }: Pick<BuiltDesk, 'must'>): Promise<string> =>
  String((await must(['init', '--token', '--json']))['token']);

export interface Founded {
  readonly place: BuiltDesk;
  readonly token: string;
}

/** A desk with people in it, for tests that are not about what is told of their being added. */
export async function foundedDesk(engine: EngineName): Promise<Founded> {
  const place = await builtDesk(engine);
  const here = inside(place.env);
  const token = await initialise(here);
  await addPeople({ must: (args, stdin) => here.must(args, stdin, { COUNTERSIGN_TOKEN: token }) });
  return { place, token };
}

export async function addPeople({ must }: Pick<Outside, 'must'>): Promise<void> {
  await must(['account', 'add', 'Contoso', '--number', '200500', '--edition', 'x-series']);
  const add = (login: string, role: string, phone: string) =>
    must(
      ['user', 'add', login, '--account', '200500', '--name', login, '--email', `${login}@contoso.example`].concat([
        '--phone',
        phone,
        '--role',
        role,
      ]),
    );
  await add('ana', 'admin', '+44 20 7946 0011');
  await add('bob', 'user', '+44 20 7946 0022');
}

export const asUser = (login: string): readonly string[] => ['--account', '200500', '--as', login];

export async function activate(out: Outside, login: string): Promise<void> {
  await out.must(['user', 'invite', login, '--account', '200500']);
  const { code } = await out.mailTo(`${login}@contoso.example`);
  await out.must(['portal', 'activate', ...asUser(login), '--code', code, '--password-stdin'], PASSWORD);
}
