/** `doctor`: checks the installation and names the command that fixes each fault. Needs no desk and no sign-in. */
import { type Command, command } from '../command.js';
import { block, failure } from '../wording/results.js';

const doctor = command({
  path: 'doctor',
  access: 'anyone',
  anyPolicy: true,
  inspects: true,
  run: async ({ context, words }) => {
    const findings = await context.house.inspect();
    const failed = findings.filter(({ state }) => state === 'missing' || state === 'wrong').length;
    const mends = findings.flatMap(({ subject, mend }) =>
      mend === undefined ? [] : [`${words.known(subject)}: ${words.known(mend)}`],
    );
    return {
      view: [
        block.verdict(words('doctor.checks', { failed }), failed === 0 ? 'good' : 'bad'),
        block.blank,
        block.table(
          words.all('doctor.state', 'doctor.check', 'doctor.result'),
          findings.map(({ state, subject, text }) => [
            words.term('findingState', state),
            words.known(subject),
            words.known(text),
          ]),
        ),
        ...(mends.length === 0 ? [] : [block.blank, block.next(...mends)]),
      ],
      document: { ...failure(failed > 0, 'config', words('doctor.failed', { failed })), findings },
      // The status that a command ends with when it needs what is missing here.
      exit: failed === 0 ? 0 : 7,
    };
  },
});

export const commands: readonly Command[] = [doctor];
