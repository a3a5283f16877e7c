/** What README and the help topics repeat from the code is the same there. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../src/config.js';
import { readDeliveryConfig } from '../src/delivery/registry.js';
import { readSinkConfig } from '../src/delivery/sink-registry.js';
import { EXIT_FAMILIES } from '../src/errors.js';
import { openTopics } from '../src/main/topic-files.js';

const readme = readFileSync(path.join(import.meta.dirname, '..', 'README.md'), 'utf8');
const table = /<!-- exit-codes -->([\s\S]*?)<!-- \/exit-codes -->/.exec(readme)?.[1];
const config = readFileSync(path.join(import.meta.dirname, '..', 'data', 'help', 'config.md'), 'utf8');
const settings = [...config.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, toml = '']) => toml).join('\n');

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
  it('lists the exit codes that the code has', () => {
    expect(rowsOf(table ?? '')).toEqual(expected);
  });

  it('leads to help topics that are there, and names each of them', () => {
    const topics = [...readme.matchAll(/data\/help\/([a-z-]+)\.md/g)].map(([, name = '']) => name);
    expect(topics.sort()).toEqual([...openTopics(path.join(import.meta.dirname, '..', 'data')).names()]);
  });

  it('shows a config file that is taken as it stands', () => {
    const file = readConfigFile(parse(settings), 'README.md');
    const chosen = Object.values(readDeliveryConfig(file, 'Support desk').channels).map(
      (channel) => channel.settings.channel,
    );
    expect(chosen).toEqual(['smtp', 'http', 'http', 'http']);
    expect(readSinkConfig(file)).not.toBeNull();
  });

  it('names every setting that a section of the config file may have', () => {
    const folder = path.join(import.meta.dirname, '..', 'src', 'delivery');
    const code = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    const read = /\b(?:section|mail)\.(?:text|optionalText|integer|flag|oneOf|webAddress)\('(\w+)'/g;
    const names = [...code.join('\n').matchAll(read)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !new RegExp(`^${name} =|\`${name}\`|with ${name}\\b`, 'm').test(config))).toEqual([]);
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
