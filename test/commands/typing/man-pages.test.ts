/** The man pages: every command and option is in them, and troff has nothing to complain of (skipped, and counted, without groff). */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../src/commands/catalogue.js';
import { everyCommand } from '../../../src/commands/typing/completion-tree.js';
import { topicNames } from '../../../src/commands/typing/help-topics.js';
import { manPages, text } from '../../../src/commands/typing/man-pages.js';
import { openTopics } from '../../../src/main/topic-files.js';
import { dataFolder, repositoryRoot } from '../../support/test-desk.js';

const commands = await everyCommand(CATALOGUE);
const topics = openTopics(dataFolder);
const pages = manPages(CATALOGUE, commands, { version: '1.2.3', topics });
const groff = spawnSync('groff', ['--version']).status === 0;

describe('the man pages', () => {
  it('are one for the program, one for each noun, and one for each topic', () => {
    expect(pages.map(({ file }) => file)).toEqual([
      'countersign.1',
      ...CATALOGUE.map(({ word }) => `countersign-${word}.1`),
      ...topicNames(topics).map((name) => `countersign-${name}.7`),
    ]);
  });

  it('are what package.json installs', () => {
    const { man } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { man: string[] };
    expect(man).toEqual(pages.map(({ file }) => `dist/man/${file}`).sort());
  });

  it('name every command and every option', () => {
    for (const { path, options = [] } of commands) {
      const page = pages.find(({ file }) => file === `countersign-${path.split(' ')[0]}.1`)?.text ?? '';
      expect(page).toContain(`.B countersign ${text(path)}`);
      for (const { flags } of options) expect(page, path).toContain(`.B ${text(flags)}`);
    }
  });

  it('obey no text: a line that begins with a control character is text', () => {
    expect(text(".so /etc/passwd\n'br\n\\f(BI")).toBe("\\&.so /etc/passwd\n\\&'br\n\\ef(BI");
    const macros = pages.flatMap((page) => page.text.match(/^[.'].*$/gm) ?? []).map((line) => line.split(' ')[0]);
    expect([...new Set(macros)].sort()).toEqual(
      ['.B', '.BR', '.I', '.PP', '.RI', '.SH', '.SS', '.TH', '.TP', '.br', '.fi', '.nf'].sort(),
    );
  });

  it.skipIf(!groff)('are read by troff without a warning, and say the examples as they are typed', () => {
    for (const page of pages) {
      const read = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-c', '-P-b', '-P-u'], {
        input: page.text,
        encoding: 'utf8',
      });
      expect([page.file, read.status, read.stderr]).toEqual([page.file, 0, '']);
    }
    const verify = spawnSync('groff', ['-man', '-Tutf8', '-P-c', '-P-b', '-P-u'], {
      input: pages.find(({ file }) => file === 'countersign-verify.1')?.text ?? '',
      encoding: 'utf8',
    });
    expect(verify.stdout).toContain('countersign verify --account 100234 --caller maria.anders --for billing:change');
  });
});
