/**
 * Sentences that stand in the code in English, because JSON has them so: findings of `doctor`, faults of rows, refusals of store and settings.
 * A language has them under their English (`sentences` in data/messages): what is in `{0}` stays as it is, `{a}` is such a sentence itself.
 */
type Sentences = Readonly<Record<string, string>>;
type Patterns = readonly (readonly [english: RegExp, own: string])[];

const compiled = new WeakMap<Sentences, Patterns>();

function patternsOf(sentences: Sentences): Patterns {
  const made = Object.entries(sentences).map(([english, own]) => {
    const text = english.replace(/[.*+?^$()|[\]\\]/gu, '\\$&').replace(/\{(\w)\}/gu, '(?<_$1>.+?)');
    return [new RegExp(`^${text}$`, 's'), own] as const;
  });
  compiled.set(sentences, made);
  return made;
}

/** The text in the language of these sentences; as it is if it is none of them. */
export function inSentences(sentences: Sentences, text: string): string {
  for (const [english, own] of compiled.get(sentences) ?? patternsOf(sentences)) {
    const held = english.exec(text)?.groups;
    if (held === undefined && !english.test(text)) continue;
    return own.replaceAll(/\{(\w)\}/gu, (_, name: string) => {
      const part = held?.[`_${name}`] ?? '';
      return /\d/u.test(name) ? part : inSentences(sentences, part);
    });
  }
  const steps = text.split('   ');
  return steps.length === 1 ? text : steps.map((step) => inSentences(sentences, step)).join('   ');
}
