/** Does the compiled argon2 package load and work? Makes a small hash to find out. */
import { openHasher } from '../../crypto/hasher.js';
import type { Finding } from '../../house.js';
import { faultOf } from './check.js';

export async function checkHashing(): Promise<readonly Finding[]> {
  const subject = 'Hashing';
  try {
    const hasher = openHasher({ person: { m: 64, t: 1, p: 1 } });
    const { matches } = await hasher.verify('person', await hasher.hash('person', 'doctor'), 'doctor');
    if (matches) return [{ subject, state: 'ok', text: 'argon2id works' }];
    return [{ subject, state: 'wrong', text: 'argon2id gives wrong answers', mend: 'npm ci' }];
  } catch (error) {
    return [{ ...faultOf(subject, error), mend: 'npm ci' }];
  }
}
