/** `portal …`: everything that customers do for themselves; lists the commands of the other files. */
import type { Command } from '../command.js';
import { commands as login } from './portal-login.js';
import { commands as mfa } from './portal-mfa.js';
import { commands as profile } from './portal-profile.js';
import { commands as reset } from './portal-reset.js';
import { commands as team } from './portal-team.js';
import { commands as trust } from './portal-trust.js';

export const commands: readonly Command[] = [...login, ...profile, ...mfa, ...trust, ...team, ...reset];
