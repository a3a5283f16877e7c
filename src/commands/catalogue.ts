/**
 * Each first word that can be typed, and the file of its commands. `--help` needs only this list; a file is loaded only when
 * its word was typed.
 */
import type { CatalogueEntry } from './command.js';

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    word: 'console',
    group: 'On a call',
    summary: 'open the live-call screen (so does countersign alone)',
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
    summary: 'list or revoke live grants of verified callers',
    load: async () => (await import('./calls/grant.js')).commands,
  },
  {
    word: 'passphrase',
    group: 'On a call',
    summary: 'set a first passphrase, generate or check one',
    load: async () => (await import('./directory/passphrase.js')).commands,
  },
  {
    word: 'account',
    group: 'Customers',
    summary: 'add, find, change or import customer companies',
    load: async () => (await import('./directory/account.js')).commands,
  },
  {
    word: 'user',
    group: 'Customers',
    summary: 'add, find, change or import logins of a company',
    load: async () => (await import('./directory/user.js')).commands,
  },
  {
    word: 'portal',
    group: 'Customers',
    summary: 'do what users do for themselves: sign in, enrol',
    groups: {
      devices: 'see which devices are remembered, and forget them',
      mfa: 'set up or change your sign-in methods',
      passphrase: 'show or set your passphrase',
      sessions: 'see where you are signed in, and end sessions',
      team: 'see who holds which privileges, and change them',
    },
    load: async () => (await import('./portal/portal.js')).commands,
  },
  {
    word: 'mfa',
    group: 'Resets',
    summary: 'show, reset or freeze second factors',
    load: async () => (await import('./resets/mfa.js')).commands,
  },
  {
    word: 'desk',
    group: 'Resets',
    summary: 'show alarms and the freeze, end an alarm',
    load: async () => (await import('./resets/desk.js')).commands,
  },
  {
    word: 'job',
    group: 'Resets',
    summary: 'show, resume or undo bulk resets',
    load: async () => (await import('./resets/job.js')).commands,
  },
  {
    word: 'approval',
    group: 'Resets',
    summary: 'approve or reject what waits for a second operator',
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
    summary: 'sign out at the end of the shift',
    load: async () => (await import('./operators/sign-in.js')).commands,
  },
  {
    word: 'whoami',
    group: 'The desk',
    summary: 'show who is signed in',
    load: async () => (await import('./operators/sign-in.js')).commands,
  },
  {
    word: 'operator',
    group: 'The desk',
    summary: 'add or change operators, and their tokens',
    groups: { token: 'make, list or revoke tokens for scripts' },
    load: async () => (await import('./operators/operator.js')).commands,
  },
  {
    word: 'outbox',
    group: 'The desk',
    summary: 'list and send queued messages',
    load: async () => (await import('./upkeep/outbox.js')).commands,
  },
  {
    word: 'policy',
    group: 'The desk',
    summary: 'show or check the rules of the desk',
    load: async () => (await import('./upkeep/policy.js')).commands,
  },
  {
    word: 'report',
    group: 'The desk',
    summary: 'report on the desk in figures and charts',
    load: async () => (await import('./upkeep/report.js')).commands,
  },
  {
    word: 'audit',
    group: 'The log',
    summary: 'read, verify and export the audit log',
    load: async () => (await import('./log/audit.js')).commands,
  },
  {
    word: 'init',
    group: 'Set-up and care',
    summary: 'make a desk: store, master key, first admin',
    load: async () => (await import('./operators/init.js')).commands,
  },
  {
    word: 'demo',
    group: 'Set-up and care',
    summary: 'try countersign on a throw-away desk',
    load: async () => (await import('./trial/demo.js')).commands,
  },
  {
    word: 'smoke',
    group: 'Set-up and care',
    summary: 'run a full cycle on a throw-away store, for CI',
    load: async () => (await import('./trial/smoke.js')).commands,
  },
  {
    word: 'doctor',
    group: 'Set-up and care',
    summary: 'check the installation and say how to repair it',
    load: async () => (await import('./upkeep/doctor.js')).commands,
  },
  {
    word: 'store',
    group: 'Set-up and care',
    summary: 'inspect, migrate, back up, restore or rekey the store; mend its clock',
    load: async () => (await import('./upkeep/store.js')).commands,
  },
  {
    word: 'key',
    group: 'Set-up and care',
    summary: 'back up or restore the master key',
    load: async () => (await import('./upkeep/key.js')).commands,
  },
  {
    word: 'completion',
    group: 'Set-up and care',
    summary: 'print the completion script for bash, zsh or fish',
    load: async () => (await import('./typing/completion.js')).commands,
  },
];
