/**
 * Addresses of a PostgreSQL store as libpq reads them: several hosts or sockets, tried in order until one takes writes; `sslmode`;
 * `target_session_attrs`. Its weaker readings of `sslmode=require` are not taken: a certificate that nobody checks proves nothing.
 */
import { Refusal } from '../../errors.js';

export interface Address {
  /** One connection string for each way to connect, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** The server that is used must take writes. */
  readonly writable: boolean;
  readonly timeoutMs: number;
}

const FORM = /^(postgres(?:ql)?:\/\/)(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const HOST = /^(?:\[([\da-f:.%]+)\]|([^:[\]]*))(?::(\d*))?$/i;
const TIMEOUT_S = 5;

/** Refusal `config`, without the address: it may contain a password. */
export function readAddress(url: string): Address {
  const [, scheme = '', login, authority = '', path = '', query = ''] = FORM.exec(url) ?? [];
  if (scheme === '') throw notAnAddress();
  const given = new URLSearchParams(query);
  const taken = (name: string): string | undefined => {
    const value = given.get(name) ?? undefined;
    given.delete(name);
    return value;
  };
  const attributes = taken('target_session_attrs') ?? 'any';
  if (!['any', 'read-write', 'primary'].includes(attributes))
    throw notAnAddress('The desk must write, so target_session_attrs is read-write or primary.');
  const timeout = Number(taken('connect_timeout') ?? TIMEOUT_S) || TIMEOUT_S;
  const places = placesOf(authority, taken('host'), taken('port'));
  const modes = modesOf(taken('sslmode'), given.has('sslrootcert'));
  const urls = places.flatMap(({ host, port }) =>
    modes.map((mode) => {
      const own = new URLSearchParams(
        [...given, ...Object.entries({ host, port, ...mode })].filter(([, v]) => v !== ''),
      );
      return `${scheme}${login === undefined ? '' : `${login}@`}host${path}?${own}`;
    }),
  );
  return { urls, writable: places.length > 1 || attributes !== 'any', timeoutMs: timeout * 1_000 };
}

function placesOf(authority: string, hosts: string | undefined, ports: string | undefined) {
  const named = hosts?.split(',').map((host) => ({ host, port: '' }));
  const places = named ?? authority.split(',').map(placeOf);
  const list = ports?.split(',') ?? [];
  if (list.some((port) => !/^\d*$/.test(port)) || ![0, 1, places.length].includes(list.length)) throw notAnAddress();
  // pg's own default is a TCP port of this machine, as libpq's is without a socket.
  return places.map(({ host, port }, index) => ({
    host: host === '' ? 'localhost' : host,
    port: (list.length === 1 ? list[0] : list[index]) ?? port,
  }));
}

function placeOf(text: string) {
  const [all, six, host = '', port = ''] = HOST.exec(text) ?? [];
  if (all === undefined) throw notAnAddress();
  try {
    return { host: six ?? decodeURIComponent(host), port };
  } catch {
    throw notAnAddress();
  }
}

/** `require` and `verify-ca` check the certificate: against `sslrootcert` if it is named, otherwise in full. */
function modesOf(mode: string | undefined, ownRoot: boolean): readonly Readonly<Record<string, string>>[] {
  if (mode === undefined) return [{}];
  if (mode === 'prefer') return [{ sslmode: 'no-verify' }, { sslmode: 'disable' }];
  if (mode === 'allow') return [{ sslmode: 'disable' }, { sslmode: 'no-verify' }];
  if (mode === 'require' || mode === 'verify-ca')
    return [ownRoot ? { sslmode: 'verify-ca', uselibpqcompat: 'true' } : { sslmode: 'verify-full' }];
  if (['disable', 'verify-full', 'no-verify'].includes(mode)) return [{ sslmode: mode }];
  throw notAnAddress();
}

/** For messages: scheme, hosts and database, without user, password and parameters. */
export function withoutCredentials(url: string): string {
  const [, scheme, , authority = '', path = '', query = ''] = FORM.exec(url) ?? [];
  if (scheme === undefined || path.includes('@')) return 'postgres://…';
  return `${scheme}${new URLSearchParams(query).get('host') ?? authority}${path}`;
}

const FORMS =
  'Write postgres://user:password@host:port/database, with commas between several hosts. Inside a password write / # @ : % as %2F %23 %40 %3A %25.';

const notAnAddress = (hint = FORMS): Refusal =>
  new Refusal('config', 'the address of the PostgreSQL store is not valid', { hint });

interface AnyPool {
  query(text: string): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  end(): Promise<void>;
}

/** Opens a pool on the first way that connects. `final`: an error after which the others are not tried, such as a wrong password. */
export async function firstPool<P extends AnyPool>(
  { urls, writable, timeoutMs }: Address,
  open: (config: { connectionString: string; connectionTimeoutMillis: number }) => P,
  final: (error: unknown) => boolean,
): Promise<P> {
  let failure: unknown;
  for (const connectionString of urls) {
    const pool = open({ connectionString, connectionTimeoutMillis: timeoutMs });
    try {
      const { rows } = await pool.query('show transaction_read_only');
      if (!writable || rows[0]?.['transaction_read_only'] === 'off') return pool;
      failure ??= Object.assign(new Error('it is a standby, which takes no writes'), { code: '25006' });
    } catch (error) {
      failure = error;
    }
    await pool.end();
    if (final(failure)) break;
  }
  throw failure;
}
