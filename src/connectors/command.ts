/**
 * A connector of the desk's own, in any language: one process per call, one JSON object on its standard input, one on its standard output
 * (at most 64 KB), exit status 0. `countersign help connectors` describes each question and answer.
 */

import { type Fields, factorsOf, fieldsOf, type Kind, optionalText, textOf } from './answers.js';
import { GATES, NOES, PASSING, Trouble } from './connector.js';
import { COMMAND_LIMITS, jsonOf } from './vendor-http.js';

export const command: Kind = {
  gates: GATES,
  open: ({ place }, { effects, signal, pace }) => {
    const limits = { ...COMMAND_LIMITS, timeoutMs: effects.timeoutMs ?? COMMAND_LIMITS.timeoutMs, signal };
    const ask = async (question: Fields): Promise<Fields> => {
      await pace.take('command', signal);
      const run = await effects.runCommand(place, `${JSON.stringify({ version: 1, ...question })}\n`, limits);
      pace.done('command', undefined);
      if (!run.ok) throw new Trouble(run.why);
      const answer = fieldsOf(jsonOf(run.output));
      const { error } = answer;
      if (error !== undefined)
        throw new Trouble([...NOES, ...PASSING].find((why) => why === error) ?? 'command-failed');
      return answer;
    };
    return {
      find: async ({ login, email, external }) => {
        const answer = await ask({ do: 'find', person: { login, email, external } });
        const { found, suspended } = answer;
        if (found === 'none' || found === 'several') return found;
        const id = textOf(answer, 'id');
        const names = { login: optionalText(answer, 'login') || id, email: optionalText(answer, 'email') };
        return { id, suspended: suspended === true, ...names };
      },
      factors: async (id) => factorsOf((await ask({ do: 'factors', id }))['factors'], 'kind', 'name'),
      reset: async (id, factors) => void (await ask({ do: 'reset', id, factors })),
      endSessions: async (id) => {
        const { sessions } = await ask({ do: 'end-sessions', id });
        return sessions === 'ended' ? sessions : 'not-possible';
      },
      gate: async (id, { kind, minutes }) => {
        const answer = await ask({ do: 'gate', id, gate: kind, minutes });
        const { until } = answer;
        const code = kind === 'temporary-code' ? textOf(answer, 'code') : null;
        return { kind, code, until: typeof until === 'number' ? until : null };
      },
      lift: async (id) => void (await ask({ do: 'lift', id })),
      permissions: async () => {
        const { missing, tooMany } = await ask({ do: 'check' });
        if (!Array.isArray(missing) || !Array.isArray(tooMany))
          return { missing: [], tooMany: [], notes: ['permissions-not-shown'] };
        return { missing: missing.map(String), tooMany: tooMany.map(String), notes: [] };
      },
    };
  },
};
