/** `portal mfa backup-codes`: new backup codes, shown once (B41). */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { newBackupCodes } from '../../procedures/factors/backup-codes.js';
import { listFactors } from '../../procedures/factors/manage-factors.js';
import type { PortalLogin } from '../../procedures/portal/customer-login.js';
import { type Command, type Context, command } from '../command.js';
import { block } from '../wording/blocks.js';
import { wordsOf } from '../wording/words.js';
import { endedFields, endedLines } from './ended-trust.js';
import { notAskedYet } from './portal-enrolment.js';
import { PORTAL_OPTIONS, portalShape } from './portal-given.js';
import { openSession } from './portal-session.js';

const backupCodes = command({
  path: 'portal mfa backup-codes',
  access: 'anyone',
  options: PORTAL_OPTIONS,
  input: () => z.object(portalShape()),
  run: (context, given) =>
    openSession(context, given, async ({ desk, login }) => {
      const words = wordsOf(context);
      if (!(await wantsNewCodes(context, desk, login)))
        return { view: [block.lines(words('portal.nothing-changed'))], document: { backupCodes: [] }, exit: 130 };
      const made = await newBackupCodes(desk, login);
      const { codes, onlyMethod, earlierDied } = made;
      const notYet = notAskedYet(login, words);
      const warning = words('portal.only-backup');
      return {
        view: [
          block.lines(...codes),
          block.note(words('portal.codes-once')),
          ...(earlierDied === 0 ? [] : [block.note(words('portal.codes-died', { count: earlierDied }))]),
          ...endedLines(made, words).map((text) => block.note(text)),
          ...notYet.map(({ message }) => block.note(message)),
          ...(onlyMethod ? [block.note(warning)] : []),
        ],
        document: {
          backupCodes: codes,
          earlierDied,
          ...endedFields(made),
          warnings: [...notYet, ...(onlyMethod ? [{ code: 'only-backup-codes', message: warning }] : [])],
        },
      };
    }),
});

/** Earlier codes that were not used stop working, which somebody who only wants to look at them may not expect. */
async function wantsNewCodes(context: Context, desk: Desk, login: PortalLogin): Promise<boolean> {
  if (!context.ask.possible || context.options.yes) return true;
  const { backupCodesLeft } = await listFactors(desk, login);
  if (backupCodesLeft === 0) return true;
  const prompts = await context.ask.prompts('--yes');
  return prompts.confirm({ message: wordsOf(context)('portal.codes-anew', { count: backupCodesLeft }) });
}

export const commands: readonly Command[] = [backupCodes];
