/** What the procedures of this part ask of an operator. */
import type { Doors } from './door.js';

export const CALLS: Doors = {};
