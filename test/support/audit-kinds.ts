/** Kinds of entries with which tests seed a desk; the product's own list is closed (src/rules/audit-kinds.ts). */
declare module '../../src/rules/audit-kinds.js' {
  interface MoreAuditKinds {
    [seeding: `test.${string}`]: true;
  }
}

export type {};
