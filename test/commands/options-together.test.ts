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
    ['passphrase setup U --send-code --code 123456', '--send-code and --code cannot be used together'],
    ['account edit 1 --sso B --no-sso', '--no-sso and --sso cannot be used together'],
    ['account edit 1 --no-sso --sso-issuer=https://x.example', '--no-sso and --sso-issuer cannot be used'],
    ['account edit 1 --forbid-phone-resets --allow-phone-resets', 'cannot be used together'],
    ['account edit 1 --name N --drop-privileges', '--drop-privileges has an effect only together with --edition'],
    ['account edit 1 --name N --wait', '--wait has an effect only together with --edition or --sign-in'],
    ['user edit U --name N --reason R', '--reason has an effect only together with --sign-in'],
    ['user edit U --name N --wait', '--wait has an effect only together with --sign-in'],
    ['user invite U --confirm 1', '--confirm has an effect only together with --all or --from'],
    ['user invite --account 1 --all --map login=Mail', '--map has an effect only together with --from'],
    ['user import users.csv --dry-run --confirm 3', '--dry-run and --confirm cannot be used together'],
    ['account import a.csv --plan p --wait', '--plan and --wait cannot be used together'],
    ['init --expires 5d', '--expires has an effect only together with --token'],
    ['init --token --password-stdin', '--token and --password-stdin cannot be used together'],
    ['verify --account 1 --caller U --for billing --forgot --passphrase-stdin', '--forgot and --passphrase-stdin'],
    ['operator edit bo --is-user 1/U --is-no-user', '--is-user and --is-no-user cannot be used together'],
    ['operator recover bo --recovery-code-stdin --approver al', '--recovery-code-stdin and --approver cannot be used'],
    ['portal login --as 1/U --nonce N --password-stdin', '--nonce has an effect only together with'],
    ['portal login --account 1 --id-token-stdin --remember', '--id-token-stdin and --remember cannot be used'],
    ['portal login --as 1/U --new-code --enrolment-code C', '--new-code and --enrolment-code cannot be used'],
    ['portal mfa add totp --as 1/U --code 123456 --enrolment-code C', '--code and --enrolment-code cannot be used'],
    ['portal profile --as 1/U --code 123456', '--code has an effect only together with --password-stdin'],
  ])('%s', async (line, said) => {
    const { exit, stderr } = await runCommand(place, argvOf(`countersign ${line}`));
    expect(stderr).toContain(said);
    expect(exit).toBe(2);
  });

  it('each row names options that its command has', async () => {
    const rows = (await everyCommand(CATALOGUE)).flatMap(({ path, options = [], apart = [], beside = [] }) => {
      const known = options.map(({ flags }) => flags.replace(/ .*/, ''));
      return [...apart, ...beside]
        .flat()
        .filter((name) => !known.includes(name))
        .map((name) => `${path} ${name}`);
    });
    expect(rows).toEqual([]);
  });
});
