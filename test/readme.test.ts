/** What README repeats from the code is the same there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT_FAMILIES } from '../src/errors.js';

const file = path.join(import.meta.dirname, '..', 'README.md');
const readme = existsSync(file) ? readFileSync(file, 'utf8') : '';
const table = /<!-- exit-codes -->([\s\S]*?)<!-- \/exit-codes -->/.exec(readme)?.[1];

/** Rows `| 3 | a correct no | `code`, `code` |` below the header; codes are what stands in backticks. */
function rowsOf(text: string): { exit: number; family: string; codes: string[] }[] {
  return text
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, exit]) => /^\d+$/.test(exit ?? ''))
    .map(([, exit, family = '', codes = '']) => ({
      exit: Number(exit),
      family,
      codes: [...codes.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
    }));
}

const expected = EXIT_FAMILIES.map(({ exit, family, codes }) => ({ exit, family, codes: [...codes] }));

describe('README', () => {
  it.skipIf(table === undefined)('lists the exit codes that the code has', () => {
    expect(rowsOf(table ?? '')).toEqual(expected);
  });

  it('teeth: a table with a code too few or a wrong exit differs', () => {
    const good = expected.map(
      ({ exit, family, codes }) => `| ${exit} | ${family} | ${codes.map((code) => `\`${code}\``).join(', ')} |`,
    );
    const head = '| code | family | error codes |\n| --- | --- | --- |\n';
    expect(rowsOf(head + good.join('\n'))).toEqual(expected);
    expect(rowsOf(head + good.slice(1).join('\n'))).not.toEqual(expected);
    expect(rowsOf(head + good.join('\n').replace('`busy`', ''))).not.toEqual(expected);
    expect(rowsOf(head + good.join('\n').replace('| 6 |', '| 5 |'))).not.toEqual(expected);
  });
});
