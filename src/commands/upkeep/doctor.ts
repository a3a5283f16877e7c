/** `doctor`: what is set up, what is not, and the command that mends each. Needs no desk and nobody signed in. */
import * as z from 'zod';
import type { Finding } from '../../house.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';

const doctor = command({
  path: 'doctor',
  summary: 'what is set up, what is not, what mends it',
  examples: ['countersign doctor', 'countersign doctor --json'],
  access: 'anyone',
  input: () => z.object({}),
  run: async (context) => {
    const findings = await context.house.inspect();
    const amiss = findings.filter(({ state }) => state === 'missing' || state === 'wrong');
    // Out of reach, as a command would end that needs what is missing here.
    return { view: viewOf(findings, amiss.length), document: { findings }, exit: amiss.length === 0 ? 0 : 7 };
  },
});

function viewOf(findings: readonly Finding[], amiss: number): View {
  const mends = findings.flatMap(({ subject, mend }) => (mend === undefined ? [] : [`${subject}: ${mend}`]));
  return [
    amiss === 0
      ? { kind: 'verdict', verdict: 'EVERYTHING NEEDED IS IN ORDER', tone: 'good' }
      : { kind: 'verdict', verdict: amiss === 1 ? 'ONE THING IS AMISS' : `${amiss} THINGS ARE AMISS`, tone: 'bad' },
    { kind: 'blank' },
    {
      kind: 'table',
      columns: [{ title: 'state' }, { title: 'subject' }, { title: 'what was found' }],
      empty: '',
      rows: findings.map(({ state, subject, text }) => [state, subject, text]),
    },
    ...(mends.length === 0 ? [] : ([{ kind: 'blank' }, { kind: 'next', lines: mends }] as const)),
  ];
}

export const commands: readonly Command[] = [doctor];
