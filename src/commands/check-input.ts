/** From what commander split to the typed input of a command: bad input ends here, exit 2. */
import { refusal } from '../errors.js';
import type { Command } from './command.js';
import { longFlag, memberOf } from './typing/flag-names.js';

/** What a person typed, checked by the schema of the command. Refusals name options as they are typed. */
export function checkInput(spec: Command, raw: Readonly<Record<string, unknown>>): unknown {
  // Used once in a process: compiling the schema first would take longer than checking by it.
  const parsed = spec.input().safeParse(raw, { jitless: true });
  if (parsed.success) {
    requireShort(spec, raw);
    return parsed.data;
  }
  const problems = parsed.error.issues.map((issue) => ({
    column: flagOf(spec, String(issue.path[0] ?? '')),
    message: issue.message,
    value: raw[String(issue.path[0] ?? '')],
  }));
  const missing = problems.filter((problem) => problem.value === undefined);
  const command = `countersign help ${spec.path}`;
  const options = missing.map(({ column }) => column);
  if (missing.length > 0) throw refusal('missing-option', 'options-missing', { options, command }, 'see');
  const faults = problems.map((problem) => `${problem.column}: ${problem.message}`).join('; ');
  throw refusal('invalid-input', 'input-wrong', { faults, command }, 'see');
}

/** The log never shrinks, so what is written into it has bounds; longer arguments of any kind are mistakes, such as a whole file. */
const MOST: Readonly<Record<string, number>> = { reason: 1_000, ticket: 200 };
const MOST_OTHERWISE = 4_096;

function requireShort(spec: Command, raw: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(raw)) {
    const most = MOST[name] ?? MOST_OTHERWISE;
    if ([value].flat().every((text) => typeof text !== 'string' || text.length <= most)) continue;
    throw refusal('invalid-input', 'too-long', { option: flagOf(spec, name), most }, 'shorten');
  }
}

/** The name a person typed or should have typed for a member of the input. */
function flagOf({ options = [], arguments: wanted = [] }: Command, name: string): string {
  const option = options.find(({ flags }) => memberOf(flags) === name);
  if (option !== undefined) return longFlag(option.flags);
  return wanted.find((argument) => memberOf(argument.name) === name)?.name ?? name;
}
