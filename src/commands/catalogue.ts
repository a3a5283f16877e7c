/**
 * Everything that can be typed first, with the file that knows the rest. The list is all that `--help` needs; a file is loaded
 * only when its word was typed.
 */
import type { CatalogueEntry } from './command.js';

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    word: 'console',
    group: 'On a call',
    summary: 'the live-call screen (also: countersign alone)',
    load: async () => (await import('./calls/console.js')).commands,
  },
  {
    word: 'verify',
    group: 'On a call',
    summary: 'check one caller for one request',
    load: async () => (await import('./calls/verify.js')).commands,
  },
  {
    word: 'grant',
    group: 'On a call',
    summary: 'live grants of verified callers',
    load: async () => (await import('./calls/grant.js')).commands,
  },
  {
    word: 'passphrase',
    group: 'On a call',
    summary: 'set-up call, generate, check',
    load: async () => (await import('./directory/passphrase.js')).commands,
  },
  {
    word: 'account',
    group: 'Customers',
    summary: 'customer companies',
    load: async () => (await import('./directory/account.js')).commands,
  },
  {
    word: 'user',
    group: 'Customers',
    summary: 'logins inside accounts',
    load: async () => (await import('./directory/user.js')).commands,
  },
  {
    word: 'portal',
    group: 'Customers',
    summary: 'what users do for themselves',
    load: async () => (await import('./portal/portal.js')).commands,
  },
  {
    word: 'mfa',
    group: 'Resets',
    summary: 'status and reset of second factors',
    load: async () => (await import('./resets/mfa.js')).commands,
  },
  {
    word: 'job',
    group: 'Resets',
    summary: 'bulk runs: seen, resumed, taken back',
    load: async () => (await import('./resets/job.js')).commands,
  },
  {
    word: 'approval',
    group: 'Resets',
    summary: "a second operator's yes or no",
    load: async () => (await import('./resets/approval.js')).commands,
  },
  {
    word: 'login',
    group: 'The desk',
    summary: 'sign in as an operator',
    load: async () => (await import('./operators/sign-in.js')).commands,
  },
  {
    word: 'logout',
    group: 'The desk',
    summary: 'end the session',
    load: async () => (await import('./operators/sign-in.js')).commands,
  },
  {
    word: 'whoami',
    group: 'The desk',
    summary: 'who is signed in, and until when',
    load: async () => (await import('./operators/sign-in.js')).commands,
  },
  {
    word: 'operator',
    group: 'The desk',
    summary: 'people and scripts of the desk',
    load: async () => (await import('./operators/operator.js')).commands,
  },
  {
    word: 'outbox',
    group: 'The desk',
    summary: 'messages on their way',
    load: async () => (await import('./upkeep/outbox.js')).commands,
  },
  {
    word: 'policy',
    group: 'The desk',
    summary: 'the rules in force',
    load: async () => (await import('./upkeep/policy.js')).commands,
  },
  {
    word: 'report',
    group: 'The desk',
    summary: 'the desk in figures and charts',
    load: async () => (await import('./upkeep/report.js')).commands,
  },
  {
    word: 'audit',
    group: 'The log',
    summary: 'read and verify the audit log',
    load: async () => (await import('./log/audit.js')).commands,
  },
  {
    word: 'init',
    group: 'Set-up and care',
    summary: 'make a desk: store, key, first admin',
    load: async () => (await import('./operators/init.js')).commands,
  },
  {
    word: 'demo',
    group: 'Set-up and care',
    summary: 'a throw-away desk with sample customers',
    load: async () => (await import('./trial/demo.js')).commands,
  },
  {
    word: 'smoke',
    group: 'Set-up and care',
    summary: 'a full cycle on a throw-away store, for CI',
    load: async () => (await import('./trial/smoke.js')).commands,
  },
  {
    word: 'doctor',
    group: 'Set-up and care',
    summary: 'what is set up, what is not, what mends it',
    load: async () => (await import('./upkeep/doctor.js')).commands,
  },
  {
    word: 'store',
    group: 'Set-up and care',
    summary: 'information, migration, backup, change of key',
    load: async () => (await import('./upkeep/store.js')).commands,
  },
  {
    word: 'key',
    group: 'Set-up and care',
    summary: 'a copy of the master key that only a passphrase opens',
    load: async () => (await import('./upkeep/key.js')).commands,
  },
  {
    word: 'completion',
    group: 'Set-up and care',
    summary: 'completion of commands for bash, zsh or fish',
    load: async () => (await import('./typing/completion.js')).commands,
  },
];
