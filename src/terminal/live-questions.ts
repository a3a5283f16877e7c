/** The kinds of question of the live screen: what each key does, and what is shown. */
import type { ChooseQuestion, LineQuestion, PhraseQuestion, QuestionMaker } from './live-contract.js';
import { keyHelp, listOf } from './live-list.js';
import { HIDDEN, likePhrase, printable } from './printable.js';

export function chooseQuestion<T>(question: ChooseQuestion<T>, plain: boolean): QuestionMaker<T> {
  return (hooks) => {
    const list = listOf(question.choices);
    /** Plain output shows no mark before an arrow has moved it, and Enter takes only what is marked. */
    let shown = !plain;
    return {
      view: question.view,
      prompt: question.message,
      box: false,
      keys: ['Ctrl-C leave'],
      body: (room, style) => list.lines(room, style, shown),
      // In plain lines a key waits for Enter, as everything there does (E22).
      typed: (line) => (!plain ? '' : line.length > 2 ? HIDDEN : line),
      onKey(name, text) {
        const moved = list.move(name);
        shown ||= moved;
        if (moved && plain) hooks.announce();
        const chosen = moved || plain ? undefined : list.byKey(text);
        if (chosen !== undefined) hooks.answer(chosen.value);
      },
      onTick() {
        const answer = question.overtaken?.();
        if (answer !== undefined) hooks.answer(answer);
      },
      onEnter(line) {
        const typed = plain ? line.trim() : '';
        const marked = shown ? list.marked() : undefined;
        const chosen = typed === '' ? marked : list.byKey(typed);
        if (chosen !== undefined) hooks.answer(chosen.value);
        else hooks.announce();
      },
    };
  };
}

export function lineQuestion(question: LineQuestion): QuestionMaker<string> {
  return (hooks) => ({
    view: question.view,
    prompt: question.default === undefined ? question.message : `${question.message} (${question.default})`,
    box: true,
    keys: ['Enter go on'],
    body: () => [],
    typed: (line) => (question.prose !== true && likePhrase(line) ? HIDDEN : line),
    onEnter: (line) => hooks.answer(line.trim() === '' ? (question.default ?? '') : line.trim()),
  });
}

type Heard<T> = { readonly text: string } | { readonly key: T };

export function phraseQuestion<T>(question: PhraseQuestion<T>, revealMs: number): QuestionMaker<Heard<T>> {
  return (hooks) => {
    let revealed: NodeJS.Timeout | undefined;
    const hide = (): void => {
      clearTimeout(revealed);
      revealed = undefined;
      hooks.redraw();
    };
    return {
      view: question.view,
      prompt: question.message,
      box: true,
      keys: [
        'not shown',
        ...(question.counted === undefined ? [] : ['Ctrl-W last word again']),
        ...(revealMs > 0 ? [`Ctrl-R show ${Math.ceil(revealMs / 1000)} s`] : []),
        ...keyHelp(question.keys),
      ],
      body: () => [],
      typed: (line) =>
        revealed === undefined ? (question.counted?.(line) ?? '') : printable(line) || '(nothing typed yet)',
      onKey(name) {
        const special = question.keys.find(({ keys }) => keys.includes(name));
        if (special !== undefined) return hooks.answer({ key: special.value });
        if (name !== 'ctrl-r' || revealMs === 0) return;
        if (revealed !== undefined) return hide();
        revealed = setTimeout(hide, revealMs);
      },
      onEnter: (line) => hooks.answer({ text: line }),
      onEnd: () => {
        clearTimeout(revealed);
        // The question may be asked again after a lock: then the phrase is hidden.
        revealed = undefined;
      },
    };
  };
}
