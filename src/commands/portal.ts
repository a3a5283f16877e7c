/** `portal …`: everything customers do for themselves, one list of the files that know how. */
import type { Command } from './command.js';
import { commands as login } from './portal-login.js';
import { commands as mfa } from './portal-mfa.js';
import { endingPassingSession } from './portal-session.js';

export const commands: readonly Command[] = [...login, ...mfa].map(endingPassingSession);
