/** The names inside what help writes: `--key-file <file>`, `<users...>`. */

/** `--name` of an option's flags. */
export const longFlag = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

/** `--key-file <file>` to `keyFile`, as commander names options; `<users...>` to `users`. */
export const memberOf = (written: string): string =>
  longFlag(written)
    .replace(/^--(no-)?|[<>[\].]/g, '')
    .replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
