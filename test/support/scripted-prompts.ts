/**
 * A person at the terminal whose answers are written down beforehand, for tests of commands (after gh's prompter double). It is
 * strict both ways: a question that was not planned fails, and `done()` fails while an answer is left over.
 */
import { Refusal } from '../../src/errors.js';
import type { Prompts } from '../../src/terminal/prompts.js';

export interface ScriptedAnswer {
  readonly ask: keyof Prompts;
  /** Must be part of the question's message, or match it. */
  readonly message?: string | RegExp;
  /**
   * line, secret and typed: the text typed. confirm: yes or no. choose: the number or name of a choice.
   * CANCEL leaves the question as Ctrl-C would.
   */
  readonly answer: string | boolean | typeof CANCEL;
}

/** The answer of somebody who presses Ctrl-C. */
export const CANCEL = Symbol('cancel');

export interface ScriptedPrompts extends Prompts {
  /** Every question so far, as `kind: message`. */
  readonly asked: readonly string[];
  /** Fails while planned answers are left. */
  done(): void;
}

export function scriptedPrompts(answers: readonly ScriptedAnswer[]): ScriptedPrompts {
  const left = [...answers];
  const asked: string[] = [];

  const take = (kind: keyof Prompts, message: string): string | boolean => {
    asked.push(`${kind}: ${message}`);
    const next = left.shift();
    if (next === undefined) throw new Error(`unplanned question (${kind}): ${message}`);
    if (next.ask !== kind || !fits(next.message, message)) {
      throw new Error(`asked (${kind}): ${message}\nplanned (${next.ask}): ${next.message ?? 'anything'}`);
    }
    if (next.answer === CANCEL) throw new Refusal('cancelled', 'Cancelled by Ctrl-C.');
    return next.answer as string | boolean;
  };
  const text = (kind: keyof Prompts, message: string): string => {
    const answer = take(kind, message);
    if (typeof answer !== 'string') throw new Error(`the answer to (${kind}) "${message}" must be text`);
    return answer;
  };

  return {
    asked,
    async line(question) {
      const answer = text('line', question.message).trim() || (question.default ?? '');
      const verdict = question.validate?.(answer) ?? true;
      if (verdict !== true) throw new Error(`the answer to "${question.message}" is turned down: ${verdict}`);
      return answer;
    },
    secret: async (question) => text('secret', question.message),
    async confirm(question) {
      const answer = take('confirm', question.message);
      if (typeof answer !== 'boolean')
        throw new Error(`the answer to (confirm) "${question.message}" must be true or false`);
      return answer;
    },
    async choose(question) {
      const answer = text('choose', question.message);
      const at = question.choices.findIndex(({ name }, index) => [name, String(index + 1)].includes(answer));
      const choice = question.choices[at];
      if (choice === undefined) {
        const offered = question.choices.map(({ name }, index) => `${index + 1}  ${name}`);
        throw new Error(`no choice "${answer}" for "${question.message}":\n${offered.join('\n')}`);
      }
      return choice.value;
    },
    typed: async (question) => text('typed', question.message) === question.expected,
    done() {
      if (left.length === 0) return;
      const unused = left.map(({ ask, message }) => `${ask}: ${message ?? 'anything'}`);
      throw new Error(`answers left over:\n${unused.join('\n')}`);
    },
  };
}

function fits(planned: string | RegExp | undefined, message: string): boolean {
  if (planned === undefined) return true;
  return typeof planned === 'string' ? message.includes(planned) : planned.test(message);
}
