/** `doctor`: checks the installation and names the command that fixes each fault. Needs no desk and no sign-in. */
import type { Finding } from '../../house.js';
import { type Command, command } from '../command.js';
import { block } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const doctor = command({
  path: 'doctor',
  access: 'anyone',
  anyPolicy: true,
  inspects: true,
  run: async ({ context, words }) => {
    const findings = await context.house.inspect();
    const failed = findings.filter(({ state }) => state === 'missing' || state === 'wrong');
    // The status that a command ends with when it needs what is missing here.
    const view = viewOf(findings, failed.length, words);
    return { view, document: { findings }, exit: failed.length === 0 ? 0 : 7 };
  },
});

function viewOf(findings: readonly Finding[], failed: number, words: Words) {
  const mends = findings.flatMap(({ subject, mend }) =>
    mend === undefined ? [] : [`${words.known(subject)}: ${words.known(mend)}`],
  );
  return [
    block.verdict(words('doctor.checks', { failed }), failed === 0 ? 'good' : 'bad'),
    block.blank,
    block.table(
      [words('doctor.state'), words('doctor.check'), words('doctor.result')],
      findings.map(({ state, subject, text }) => [
        words.term('findingState', state),
        words.known(subject),
        words.known(text),
      ]),
    ),
    ...(mends.length === 0 ? [] : ([block.blank, block.next(...mends)] as const)),
  ];
}

export const commands: readonly Command[] = [doctor];
