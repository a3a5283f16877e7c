/** The kinds of question of the live screen: what each key does, and what is shown. */
import type { ChooseQuestion, LineQuestion, PhraseQuestion, QuestionMaker } from './live-contract.js';
import { ESC_BACK, keyHelp, listOf } from './live-list.js';
import { HIDDEN, likePhrase, printable } from './printable.js';

export function chooseQuestion<T>(question: ChooseQuestion<T>): QuestionMaker<T> {
  return (hooks) => {
    const list = listOf(question.choices);
    let plainAnswer = '';
    /** Plain output shows no mark before an arrow has moved it, and Enter takes only what is marked. */
    let shown = false;
    return {
      view: question.view,
      prompt: question.message,
      box: false,
      keys: [ESC_BACK, 'Ctrl-C leave'],
      body(room, style) {
        shown ||= Number.isFinite(room);
        return list.lines(room, style, shown);
      },
      typed: () => plainAnswer,
      onKey(name, text) {
        if (list.move(name)) {
          if (!shown) hooks.announce();
          shown = true;
          return;
        }
        const chosen = list.byKey(text);
        if (chosen === undefined) return;
        plainAnswer = text;
        hooks.redraw();
        hooks.answer(chosen.value);
      },
      onTick() {
        const answer = question.overtaken?.();
        if (answer !== undefined) hooks.answer(answer);
      },
      onEnter() {
        const chosen = shown ? list.marked() : undefined;
        if (chosen !== undefined) hooks.answer(chosen.value);
      },
    };
  };
}

export function lineQuestion(question: LineQuestion): QuestionMaker<string> {
  return (hooks) => ({
    view: question.view,
    prompt: question.default === undefined ? question.message : `${question.message} (${question.default})`,
    box: true,
    keys: ['Enter go on', ESC_BACK],
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
        ESC_BACK,
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
