/**
 * Each first word that can be typed, and the file of its commands. `--help` needs only this list; a file is loaded only when
 * its word was typed.
 */
import type { CatalogueEntry, Command } from './command.js';

type Entry = Omit<CatalogueEntry, 'group'>;

/** `groups` are words inside it that only group commands. */
const entry = (
  word: string,
  summary: string,
  file: () => Promise<{ readonly commands: readonly Command[] }>,
  groups: CatalogueEntry['groups'] = {},
): Entry => ({ word, summary, groups, load: async () => (await file()).commands });

const under = (group: CatalogueEntry['group'], entries: readonly Entry[]): readonly CatalogueEntry[] =>
  entries.map((one) => ({ ...one, group }));

export const CATALOGUE: readonly CatalogueEntry[] = [
  ...under('On a call', [
    entry('console', 'open the live-call screen (so does countersign alone)', () => import('./calls/console.js')),
    entry('verify', 'check one caller for one request', () => import('./calls/verify.js')),
    entry('call', 'list your calls, and show what happened on one', () => import('./calls/call.js')),
    entry('grant', 'list or revoke live grants of verified callers', () => import('./calls/call.js')),
    entry('passphrase', 'set a first passphrase, generate or check one', () => import('./directory/passphrase.js')),
  ]),
  ...under('Customers', [
    entry('account', 'add, find, change or import customer companies', () => import('./directory/account.js')),
    entry('user', 'add, find, change or import logins of a company', () => import('./directory/user.js')),
    entry('portal', 'do what users do for themselves: sign in, enrol', () => import('./portal/portal.js'), {
      devices: 'see which devices are remembered, and forget them',
      mfa: 'set up or change your sign-in methods',
      passphrase: 'show or set your passphrase',
      sessions: 'see where you are signed in, and end sessions',
      team: 'see who holds which privileges, and change them',
    }),
  ]),
  ...under('Resets', [
    entry('mfa', 'show, reset or freeze second factors', () => import('./resets/mfa.js')),
    entry('desk', 'show alarms and the freeze, end an alarm', () => import('./resets/desk.js')),
    entry('job', 'show, resume or undo bulk resets', () => import('./resets/job.js')),
    entry('approval', 'approve or reject what waits for a second operator', () => import('./resets/approval.js')),
  ]),
  ...under('The desk', [
    entry('login', 'sign in as an operator', () => import('./operators/sign-in.js')),
    entry('logout', 'sign out at the end of the shift', () => import('./operators/sign-in.js')),
    entry('whoami', 'show who is signed in', () => import('./operators/sign-in.js')),
    entry('operator', 'add or change operators, and their tokens', () => import('./operators/operator.js'), {
      token: 'make, list or revoke tokens for scripts',
    }),
    entry('outbox', 'list and send queued messages', () => import('./upkeep/outbox.js')),
    entry('connector', 'list and check the systems where logins are reset', () => import('./upkeep/outbox.js')),
    entry('events', 'send again what other systems have missed', () => import('./upkeep/outbox.js')),
    entry('policy', 'show or check the rules of the desk', () => import('./upkeep/policy.js')),
    entry('serve', 'serve the pages where customers help themselves', () => import('./upkeep/serve.js')),
    entry('report', 'report on the desk in figures and charts', () => import('./upkeep/report.js')),
  ]),
  ...under('The log', [
    entry('audit', 'read, verify and export the audit log', () => import('./log/audit.js')),
    entry('receipt', 'prove to others what happened on a call', () => import('./calls/call.js')),
  ]),
  ...under('Set-up and care', [
    entry('init', 'make a desk: store, master key, first admin', () => import('./operators/init.js')),
    entry('demo', 'try countersign on a throw-away desk', () => import('./trial/demo.js')),
    entry('smoke', 'run a full cycle on a throw-away store, for CI', () => import('./trial/smoke.js')),
    entry('doctor', 'check the installation and say how to repair it', () => import('./upkeep/doctor.js')),
    entry(
      'store',
      'inspect, migrate, back up, restore or rekey the store; mend its clock',
      () => import('./upkeep/store.js'),
    ),
    entry('key', 'back up or restore the master key', () => import('./upkeep/key.js')),
    entry('completion', 'print the completion script for bash, zsh or fish', () => import('./typing/completion.js')),
  ]),
];
