/**
 * Sentences that stand in the code in English, because JSON has them so: findings of `doctor`, faults of rows, refusals of store and settings.
 * A language has them under their English (`sentences` in data/messages): what is in `{0}` stays as it is, `{a}` is such a sentence itself.
 */
type Sentences = Readonly<Record<string, string>>;

const patterns = new WeakMap<Sentences, readonly (readonly [english: RegExp, own: string])[]>();

/** Of two sentences that fit, the one with more words of its own. */
const fixed = (english: string): number => english.replace(/\{\w\}/g, '').length;
const mostFixed = ([a]: readonly [string, string], [b]: readonly [string, string]): number => fixed(b) - fixed(a);

const compile = (sentences: Sentences) =>
  Object.entries(sentences)
    .sort(mostFixed)
    .map(([english, own]) => {
      const text = english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w)\}/g, '(?<_$1>.+?)');
      return [new RegExp(`^${text}$`, 's'), own] as const;
    });

/** A longer text holds something from outside, on which matching could take very long. */
const LONGEST = 2_000;

/** The text in the language of these sentences; as it is if it is none of them. */
export function inSentences(sentences: Sentences, text: string): string {
  if (!patterns.has(sentences)) patterns.set(sentences, compile(sentences));
  if (text.length > LONGEST) return text;
  for (const [english, own] of patterns.get(sentences) ?? []) {
    const held = english.exec(text);
    const part = (name: string) => held?.groups?.[`_${name}`] ?? '';
    const said = (_: string, name: string) => (/\d/.test(name) ? part(name) : inSentences(sentences, part(name)));
    if (held !== null) return own.replaceAll(/\{(\w)\}/g, said);
  }
  const steps = text.split('   ');
  return steps.length === 1 ? text : steps.map((step) => inSentences(sentences, step)).join('   ');
}
