/** What keeps one address from wearing the pages out. It never locks a login: only the login's own failures do (B72). */
import { minutes } from '../rules/duration.js';

/** Forms that one address may send in a minute, and forms that are worked on at once, of which each may hash. */
export const LIMITS = { perMinute: 120, atOnce: 16 };

/** As many addresses are remembered; beyond it the oldest are forgotten, so that memory has an end. */
const REMEMBERED = 20_000;

/** Counts by address in windows of a minute; the answer is the seconds to wait, 0 to go on. `now` in ms. */
export function perAddress(perMinute: number): (address: string, now: number) => number {
  const seen = new Map<string, { since: number; count: number }>();
  return (address, now) => {
    const key = networkOf(address);
    const before = seen.get(key);
    const current = before !== undefined && now - before.since < minutes(1) ? before : { since: now, count: 0 };
    current.count += 1;
    seen.delete(key);
    seen.set(key, current);
    const [oldest] = seen.keys();
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
    return current.count <= perMinute ? 0 : Math.max(1, Math.ceil((current.since + minutes(1) - now) / 1000));
  };
}

/** Whoever has one address of IPv6 has all of its first 64 bits. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [first = [], last = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const between = address.includes('::') ? Math.max(0, 8 - first.length - last.length) : 0;
  return [...first, ...Array<string>(between).fill('0'), ...last].slice(0, 4).join(':');
}
