/** An actor taken as proven, for tests that write entries directly. The product has no such way (test/architecture.test.ts). */
import type { Actor, ProvenActor } from '../../src/rules/audit-entry.js';

export const proven = (actor: Actor): ProvenActor => actor as ProvenActor;
