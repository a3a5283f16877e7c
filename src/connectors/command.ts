/**
 * A connector of the desk's own, in any language: one process per call, one JSON object on its standard input, one on its standard output
 * (at most 64 KB), exit status 0. `countersign help connectors` describes each question and answer.
 */
import { checked, fieldsOf, listOf, optionalText, textOf } from './answers.js';
import { type CheckNote, GATES, Trouble, type Why } from './connector.js';
import type { OpenKind } from './open-kind.js';

export const gates = GATES;

const LIMITS = { timeoutMs: 30_000, maxBytes: 65_536 };
/** What a script may say in `error`. */
const SAYS: readonly Why[] = [
  'wrong-token',
  'forbidden',
  'not-found',
  'refused',
  'rate-limited',
  'server-error',
  'unreachable',
];

export const open: OpenKind = ({ place: line }, { effects, signal, pace }) => {
  async function ask(question: Readonly<Record<string, unknown>>) {
    await pace.take('command', signal);
    const limits = { ...LIMITS, timeoutMs: effects.timeoutMs ?? LIMITS.timeoutMs, signal };
    const run = await effects.runCommand(line, `${JSON.stringify({ version: 1, ...question })}\n`, limits);
    pace.done('command', undefined);
    if (!run.ok) throw new Trouble(run.why ?? 'command-failed');
    const answer = fieldsOf(parsed(run.output));
    const error = answer['error'];
    if (error !== undefined) throw new Trouble(SAYS.find((why) => why === error) ?? 'command-failed');
    return answer;
  }
  const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    find: async ({ login, email, external }) => {
      const answer = await ask({ do: 'find', person: { login, email, external } });
      const { found } = answer;
      if (found === 'none' || found === 'several') return found;
      return { id: textOf(answer, 'id'), suspended: answer['suspended'] === true };
    },
    factors: async (id) =>
      listOf((await ask({ do: 'factors', id }))['factors']).map((factor) => ({
        kind: textOf(factor, 'kind'),
        name: optionalText(factor, 'name'),
        id: textOf(factor, 'id'),
      })),
    reset: async (id, factors) => {
      await ask({ do: 'reset', id, factors });
    },
    endSessions: async (id) =>
      (await ask({ do: 'end-sessions', id }))['sessions'] === 'ended' ? 'ended' : 'not-possible',
    gate: async (id, { kind, minutes }) => {
      const { code, until } = await ask({ do: 'gate', id, gate: kind, minutes });
      if (kind === 'temporary-code' && (typeof code !== 'string' || code === '')) throw new Trouble('garbage');
      return { kind, code: typeof code === 'string' ? code : null, until: typeof until === 'number' ? until : null };
    },
    lift: async (id) => {
      await ask({ do: 'lift', id });
    },
    check: () =>
      checked(async () => {
        const { missing, tooMany } = await ask({ do: 'check' });
        const notes: CheckNote[] = missing === undefined || tooMany === undefined ? ['permissions-not-shown'] : [];
        return { missing: texts(missing), tooMany: texts(tooMany), notes };
      }),
  };
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Trouble('garbage');
  }
}
