/** No command ignores an option without a word: what cannot be used together, or has no effect alone, is refused before anything is done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/commands/catalogue.js';
import { everyCommand } from '../../src/commands/typing/completion-tree.js';
import { argvOf, runCommand } from '../support/in-process.js';
import { type TestDesk, testDesk } from '../support/test-desk.js';

let place: TestDesk;
beforeAll(async () => {
  place = await testDesk('sqlite');
});
afterAll(() => place.close());

describe('options that do not go together', () => {
  it.each([
    ['passphrase setup U --send-code --code 123456', '--send-code cannot be used together with --code'],
    ['account edit 1 --sso B --no-sso', '--no-sso cannot be used together with --sso'],
    ['account edit 1 --no-sso --sso-issuer=https://x.example', '--no-sso cannot be used together with --sso-issuer'],
    ['account edit 1 --forbid-phone-resets --allow-phone-resets', 'cannot be used together'],
    ['account edit 1 --name N --drop-privileges', '--drop-privileges has an effect only together with --edition'],
    ['account edit 1 --name N --wait', '--wait has an effect only together with --edition, --sign-in or --connector'],
    ['user edit U --name N --reason R', '--reason has an effect only together with --sign-in or --external'],
    ['user edit U --name N --wait', '--wait has an effect only together with --sign-in or --external'],
    [
      'account edit 1 --edition classic --name N --sign-in sso',
      '--edition cannot be used together with --name, --sign-in',
    ],
    ['account edit 1 --sign-in sso --no-sso', '--sign-in cannot be used together with --no-sso'],
    ['user edit U --sign-in sso --name N --phone 1', '--sign-in cannot be used together with --name, --phone'],
    [
      'user import --apply p users.csv --clear-contacts',
      '--apply cannot be used together with [file], --clear-contacts',
    ],
    ['account import --apply p --map name=N --dry-run', '--apply cannot be used together with --dry-run, --map'],
    ['mfa reset --apply p 1/ana --reason R --failed f', '--apply cannot be used together with [users...], --reason'],
    ['mfa reset 1/ana --grant G --dry-run --failed f', '--grant cannot be used together with --dry-run, --failed'],
    ['mfa reset 1/ana --reason R --ticket T --dry-run --confirm 1', '--dry-run cannot be used together with --confirm'],
    ['mfa reset --account 1 --all --plan p --failed f --wait', '--plan cannot be used together with --wait, --failed'],
    ['mfa reset 1/ana --reason R --ticket T --set account=1', '--set has an effect only together with --from'],
    ['user list --limit 1 --limit 2', '--limit stands there more than once'],
    ['mfa reset 1/ana --account 1 --reason R --account=2', '--account stands there more than once'],
    ['user invite U --confirm 1', '--confirm has an effect only together with --all or --from'],
    ['user invite --account 1 --all --map login=Mail', '--map has an effect only together with --from'],
    ['user import users.csv --dry-run --confirm 3', '--dry-run cannot be used together with --confirm'],
    ['account import a.csv --plan p --wait', '--plan cannot be used together with --wait'],
    ['init --expires 5d', '--expires has an effect only together with --token'],
    ['init --token --password-stdin', '--token cannot be used together with --password-stdin'],
    [
      'verify --account 1 --caller U --for billing --forgot --passphrase-stdin',
      '--forgot cannot be used together with --passphrase-stdin',
    ],
    ['operator edit bo --is-user 1/U --is-no-user', '--is-user cannot be used together with --is-no-user'],
    [
      'operator recover bo --recovery-code-stdin --approver al',
      '--recovery-code-stdin cannot be used together with --approver',
    ],
    ['portal login --as 1/U --nonce N --password-stdin', '--nonce has an effect only together with'],
    [
      'portal login --account 1 --id-token-stdin --remember',
      '--id-token-stdin cannot be used together with --remember',
    ],
    ['portal login --as 1/U --new-code --enrolment-code C', '--new-code cannot be used together with --enrolment-code'],
    [
      'portal mfa add totp --as 1/U --code 123456 --enrolment-code C',
      '--code cannot be used together with --enrolment-code',
    ],
    ['portal profile --as 1/U --code 123456', '--code has an effect only together with --password-stdin'],
  ])('%s', async (line, said) => {
    const { exit, stderr } = await runCommand(place, argvOf(`countersign ${line}`));
    expect(stderr).toContain(said);
    expect(exit).toBe(2);
  });

  it('each row names options that its command has', async () => {
    const rows = (await everyCommand(CATALOGUE)).flatMap((spec) => {
      const { path, options = [], arguments: wanted = [], apart = [], beside = [] } = spec;
      const known = [...options.map(({ flags }) => flags.replace(/ .*/, '')), ...wanted.map(({ name }) => name)];
      return [...apart, ...beside]
        .flat()
        .filter((name) => !known.includes(name))
        .map((name) => `${path} ${name}`);
    });
    expect(rows).toEqual([]);
  });
});
