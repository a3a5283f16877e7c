import type { LoggedEntry } from '../../src/rules/audit-entry.js';

export function checkReceipt(text: string, vkey: string): readonly LoggedEntry[];
