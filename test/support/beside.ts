/** A desk beside whose work others work: before each time that the store is locked, this is done, with how often it was locked before. */
import type { Desk } from '../../src/desk.js';

export function besideDesk(desk: Desk, meanwhile: (locked: number) => Promise<unknown>): Desk {
  let locked = 0;
  const record: Desk['store']['record'] = async (...door) => {
    await meanwhile(locked++);
    return desk.store.record(...door);
  };
  return { ...desk, store: { ...desk.store, record } };
}
