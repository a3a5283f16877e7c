/** `doctor`: checks the installation and names the command that fixes each fault. Needs no desk and no sign-in. */
import * as z from 'zod';
import type { Finding } from '../../house.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/blocks.js';

const doctor = command({
  path: 'doctor',
  access: 'anyone',
  anyPolicy: true,
  inspects: true,
  input: () => z.object({}),
  run: async (context) => {
    const findings = await context.house.inspect();
    const failed = findings.filter(({ state }) => state === 'missing' || state === 'wrong');
    // The status that a command ends with when it needs what is missing here.
    return { view: viewOf(findings, failed.length), document: { findings }, exit: failed.length === 0 ? 0 : 7 };
  },
});

function viewOf(findings: readonly Finding[], failed: number): View {
  const mends = findings.flatMap(({ subject, mend }) => (mend === undefined ? [] : [`${subject}: ${mend}`]));
  return [
    failed === 0
      ? block.verdict('ALL CHECKS PASSED')
      : block.verdict(failed === 1 ? 'ONE CHECK FAILED' : `${failed} CHECKS FAILED`, 'bad'),
    block.blank,
    block.table(
      ['state', 'check', 'result'],
      findings.map(({ state, subject, text }) => [state, subject, text]),
    ),
    ...(mends.length === 0 ? [] : ([block.blank, block.next(...mends)] as const)),
  ];
}

export const commands: readonly Command[] = [doctor];
