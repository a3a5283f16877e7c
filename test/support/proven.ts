/** An actor taken as proven, for tests that write entries by their own hand. The product has no such way (test/architecture.test.ts). */
import type { Actor, ProvenActor } from '../../src/rules/audit-entry.js';

export const proven = (actor: Actor): ProvenActor => actor as ProvenActor;
