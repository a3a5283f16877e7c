/**
 * Says whether an IP address is public, so that a webhook cannot reach the desk's own network (SSRF). The lists follow IANA's special-purpose
 * registries (RFC 6890 and later). IPv6 forms that carry an IPv4 address (mapped, compatible, NAT64) are judged by the address inside.
 */

import { BlockList, isIP } from 'node:net';

/**
 * `private`: an internal network, which the option allows. `never`: an address that no receiver can have, or a cloud's
 * metadata service (169.254.169.254), which the option does not allow either.
 */
type AddressRange = 'public' | 'private' | 'never';

const PRIVATE_V4 = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'];
const NEVER_V4 = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
const PRIVATE_V6 = ['::1/128', 'fc00::/7'];
const NEVER_V6 = [
  '::/128',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];
/** NAT64 (RFC 6052): the last 32 bits are an IPv4 address. BlockList itself handles mapped addresses (`::ffff:…`). */
const NAT64 = '64:ff9b::';

const makeLists = () => ({
  inside: blockList(PRIVATE_V4, PRIVATE_V6),
  never: blockList(NEVER_V4, NEVER_V6),
  // `::a.b.c.d`, withdrawn by RFC 4291: all of ::/96 is refused, except the loopback address.
  compatible: blockList([], ['::/96']),
});

/** Made on first use, because most commands send nothing. */
let lists: ReturnType<typeof makeLists> | undefined;

function blockList(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  const add = (subnet: string, family: 'ipv4' | 'ipv6', start = 0) => {
    const [network = '', prefix] = subnet.split('/');
    list.addSubnet(network, start + Number(prefix), family);
  };
  for (const subnet of v4) {
    add(subnet, 'ipv4');
    add(`${NAT64}${subnet}`, 'ipv6', 96);
  }
  for (const subnet of v6) add(subnet, 'ipv6');
  return list;
}

/** The range of an address in any notation Node reads, a zone (`%eth0`) ignored. Text that is not an address is `never`. */
export function rangeOf(address: string): AddressRange {
  const bare = address.replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return 'never';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  lists ??= makeLists();
  const { never, inside, compatible } = lists;
  if (never.check(bare, family)) return 'never';
  if (inside.check(bare, family)) return 'private';
  return version === 6 && compatible.check(bare, 'ipv6') ? 'never' : 'public';
}

/** All addresses of a host; none if it was not found. */
export async function addressesOf({ hostname }: URL, resolveHost: (host: string) => Promise<readonly string[]>) {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? resolveHost(host).catch(() => []) : [host];
}

/** The ranges of all addresses of a host; none if it was not found. */
export const rangesOf = async (...place: Parameters<typeof addressesOf>) => (await addressesOf(...place)).map(rangeOf);
