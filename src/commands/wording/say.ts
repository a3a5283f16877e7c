/** Says a message of the catalogue (ICU MessageFormat) with its facts, in one of the languages of data/messages (B98). */
import { type Formatters, IntlMessageFormat } from 'intl-messageformat';
import type { Fact, Facts, Problem } from '../../errors.js';
import { minuteUp } from '../../rules/moment.js';
import { inShell, LOCAL, waitFrom } from './results.js';

// The library asks Intl which locales it knows, to no use here. The first such question takes a third of a command's time: those of
// NumberFormat, ListFormat and RelativeTimeFormat are asked only where a sentence needs them.
IntlMessageFormat.resolveLocale = () => undefined;

/** British English puts no comma before the last word of a list. */
const tagOf = (language: string): string => (language === 'en' ? 'en-GB' : language);

/** Most sentences only name texts, and need no parser. */
const PLAIN = /^(?:[^{}<>']|'(?![{}<>'])|\{\w+\})*$/u;

/** The styles of moments are ours: the formatter below finds the function by the name. */
const STYLES = {
  date: Object.fromEntries(['minute', 'end', 'second', 'wait'].map((said) => [said, { said }])) as Record<
    string,
    object
  >,
  number: { tenths: { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false } },
};

/**
 * The sentence. A list is joined by commas, `<or>{names}</or>` says which of them, and `<options>` has columns of a file under their names
 * on the command line, `<word>{name}</word>` is a word of a command that is copied; `select` finds nothing (null, an empty list) under `none`. `now` in ms, for waits; `zone`: how moments are written.
 * Throws where a fact is missing, which a test rules out for every refusal.
 */
export function say(message: string, facts: Facts, language: string, now: number, zone = LOCAL): string {
  if (PLAIN.test(message))
    return message.replaceAll(/\{(\w+)\}/gu, (all, name: string) =>
      name in facts ? String(sayable(facts[name])) : all,
    );
  const end = (at: number) => zone.minute(minuteUp(at));
  const moments = { ...zone, end, wait: waitFrom(now, language, zone) };
  const format = new IntlMessageFormat(message, tagOf(language), STYLES, { formatters: formattersOf(moments) });
  const said = format.format<List>({
    ...Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, sayable(fact)])),
    or: ([list]) => new Intl.ListFormat(tagOf(language), { type: 'disjunction' }).format(wordsOf(list)),
    options: ([list]) => wordsOf(list).map(optionOf).join(', '),
    word: ([text]) => inShell(String(text)),
  });
  return [said].flat().join('');
}

type List = { readonly words: readonly string[]; toString(): string };

function sayable(fact: Fact): string | number | List {
  if (fact === null || fact === undefined) return 'none';
  if (typeof fact !== 'object') return fact;
  const words = fact.map((one) => (typeof one === 'object' ? faultOf(one) : String(one)));
  // Whole sentences follow each other.
  const between = typeof fact[0] === 'object' ? '; ' : words.every((one) => one.endsWith('.')) ? ' ' : ', ';
  return words.length === 0 ? 'none' : { words, toString: () => words.join(between) };
}

const wordsOf = (list: List | string | undefined): readonly string[] => (typeof list === 'object' ? list.words : []);

const faultOf = ({ column, message }: Problem): string =>
  column === undefined ? message : `${optionOf(column)}: ${message}`;

function optionOf(column: string): string {
  if (column === 'scopes') return '--scope';
  return column === 'login' ? 'login' : `--${column.replace('_', '-')}`;
}

type Moments = Readonly<Record<string, (at: number) => string>>;

/** Counts are written without separators, so that they can be copied into a command. */
const formattersOf = (moments: Moments): Formatters => ({
  getNumberFormat: (tag, options) =>
    options === undefined
      ? ({ format: (count: number) => String(count) } as Intl.NumberFormat)
      : new Intl.NumberFormat(tag, options as object),
  getPluralRules: (...given) => new Intl.PluralRules(...given),
  getDateTimeFormat: (_, style) =>
    ({ format: moments[(style as { readonly said: string }).said] }) as Intl.DateTimeFormat,
});
