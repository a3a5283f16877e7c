/** `--large`: the sizes of the design, which take many minutes. */
export const LARGE = process.argv.includes('--large');
