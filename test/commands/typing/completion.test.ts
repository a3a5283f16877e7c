/** The completion, tried in the real shells (skipped, and counted, where one is missing): fixed words only, nothing typed is run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../src/commands/catalogue.js';
import {
  type CompletionTree,
  completionTree,
  everyCommand,
  placeFor,
  wordsFor,
} from '../../../src/commands/typing/completion-tree.js';
import { topicNames } from '../../../src/commands/typing/help-topics.js';
import { openTopics } from '../../../src/main/topic-files.js';
import { loadPolicy } from '../../../src/opening/load-policy.js';
import { requireBuilt } from '../../support/built-desk.js';
import { KEYS, type OpenTerminal, openTerminal } from '../../support/pty.js';
import { dataFolder, repositoryRoot } from '../../support/test-desk.js';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

let tree: CompletionTree;
let folder: string;
let env: NodeJS.ProcessEnv;
const open: OpenTerminal[] = [];

beforeAll(async () => {
  tree = completionTree({
    catalogue: CATALOGUE,
    commands: await everyCommand(CATALOGUE),
    policy: loadPolicy(dataFolder),
    topics: topicNames(openTopics(dataFolder)),
  });
  folder = mkdtempSync(join(tmpdir(), 'countersign-completion-'));
  requireBuilt();
  const program = join(repositoryRoot, 'bin/countersign.js');
  writeFileSync(join(folder, 'countersign'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(folder, shell), spawnSync(process.execPath, [program, 'completion', shell]).stdout);
  env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, HOME: folder };
  writeFileSync(join(folder, 'plan one.json'), '');
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the words', () => {
  it('every command and every option of the help, and nothing else', async () => {
    const top = tree.places.find(({ path }) => path === '');
    expect(top?.words.map(({ word }) => word).sort()).toEqual([...CATALOGUE.map(({ word }) => word), 'help'].sort());
    for (const { path, options = [] } of await everyCommand(CATALOGUE)) {
      const place = tree.places.find((candidate) => candidate.path === path);
      expect(place?.options.map(({ word }) => word)).toEqual(options.map(({ flags }) => flags.split(' ')[0]));
    }
  });

  it('are plain: no shell could read one as code', () => {
    const values = [...tree.places.flatMap(({ options }) => options), ...tree.globals].flatMap(({ value }) =>
      typeof value === 'string' ? [] : value,
    );
    for (const { word } of tree.places.flatMap(({ words }) => words))
      expect(word).toMatch(/^[A-Za-z0-9][A-Za-z0-9:._-]*$/);
    for (const value of values) expect(value).toMatch(/^[A-Za-z0-9][A-Za-z0-9:._-]*$/);
    for (const { word } of tree.places.flatMap(({ options }) => options)) expect(word).toMatch(/^--[a-z-]+$/);
  });

  it('a policy with a hostile name gets no word into a shell', async () => {
    const policy = loadPolicy(dataFolder);
    const hostile = {
      ...policy,
      actions: [...policy.actions, { id: 'a:$(touch x)', category: 'a', title: "'; touch x; '" }],
    };
    const poisoned = completionTree({
      catalogue: CATALOGUE,
      commands: await everyCommand(CATALOGUE),
      policy: hostile,
      topics: [],
    });
    const offered = wordsFor(poisoned, placeFor(poisoned, ['verify', '--for', '']));
    expect(offered.map(({ word }) => word)).toContain('billing:change');
    expect(JSON.stringify(offered)).not.toContain('touch');
  });
});

/** What bash would offer for the words, the last of which is being typed. */
const inBash = (...words: readonly string[]): readonly string[] => offered('bash', words);

function offered(file: string, words: readonly string[]): readonly string[] {
  const set = words.map((word) => `'${word}'`).join(' ');
  const script = `source '${join(folder, file)}'; COMP_WORDS=(countersign ${set}); COMP_CWORD=${words.length}; _countersign; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: folder, env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

const inFish = (line: string): readonly string[] =>
  spawnSync('fish', ['--no-config', '-c', `source '${join(folder, 'fish')}'; complete -C '${line}'`], {
    encoding: 'utf8',
    cwd: folder,
    env,
  })
    .stdout.split('\n')
    .map((offered) => offered.split('\t')[0] ?? '')
    .filter((offered) => offered !== '');

describe.skipIf(!has('bash'))('bash', () => {
  it('commands, options and their values', () => {
    expect(inBash('ver')).toEqual(['verify']);
    expect(inBash('operator', 'to')).toEqual(['token']);
    expect(inBash('verify', '--account', '100234', '--ca')).toEqual(['--caller']);
    expect(inBash('verify', '--json', '--store', 'x', '--fo')).toEqual(['--for', '--forgot']);
    expect(inBash('account', 'add', '--edition', '')).toEqual(['classic', 'x-series']);
    expect(inBash('help', 'exit')).toEqual(['exit-codes']);
  });

  it('also behind options of every command', () => {
    expect(inBash('--json', 'mfa', 'fr')).toEqual(['freeze']);
    expect(inBash('--store', '/tmp/desk.db', 'portal', 'mfa', 'req')).toEqual(['require']);
  });

  it('names with a colon, which bash breaks in pieces, and values behind an equals sign', () => {
    expect(inBash('verify', '--for', 'bill')).toEqual(['billing:inquiry', 'billing:change', 'billing:update-info']);
    expect(inBash('verify', '--for', 'billing', ':', 'ch')).toEqual(['change']);
    expect(inBash('account', 'add', '--edition', '=', 'x')).toEqual(['x-series']);
  });

  it('files where a file goes', () => {
    expect(inBash('user', 'import', 'plan')).toEqual(['plan one.json']);
  });

  it('what was typed is never run', () => {
    for (const word of ['$(touch ran)', '`touch ran`', `\${x[$(touch ran)]}`, 'a;touch ran', '--for=$(touch ran)']) {
      inBash('verify', word, '');
      inBash('verify', word);
      inBash(word);
    }
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('teeth: a script that gives compgen what was typed as words does run it', () => {
    const script = readFileSync(join(folder, 'bash'), 'utf8');
    writeFileSync(join(folder, 'bad'), script.replace('COMPREPLY=()', 'COMPREPLY=($(compgen -W "$current"))'));
    offered('bad', ['$(touch ran)']);
    expect(existsSync(join(folder, 'ran'))).toBe(true);
    rmSync(join(folder, 'ran'));
  });
});

describe.skipIf(!has('fish'))('fish', () => {
  it('commands, options and their values', () => {
    expect(inFish('countersign ver')).toEqual(['verify']);
    expect(inFish('countersign operator to')).toEqual(['token']);
    expect(inFish('countersign verify --account 100234 --ca')).toEqual(['--caller']);
    expect(inFish('countersign verify --for bill')).toEqual([
      'billing:change',
      'billing:inquiry',
      'billing:update-info',
    ]);
    expect(inFish('countersign account add --edition=x')).toEqual(['--edition=x-series']);
    expect(inFish('countersign user import plan')).toEqual(['plan one.json']);
  });

  it('what was typed is never run', () => {
    inFish('countersign verify "(touch ran)" "$(touch ran)" --for=(touch ran) ');
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

/** A person in the shell: the start of a word, Tab, and what stands there then. */
async function tab(
  shell: string,
  args: readonly string[],
  source: string,
  typed: string,
  expected: RegExp,
): Promise<void> {
  const terminal = openTerminal(shell, args, {
    cols: 120,
    cwd: folder,
    env: { ...env, PS1: 'ready> ', PROMPT: 'ready> ', INPUTRC: '/dev/null' },
  });
  open.push(terminal);
  await terminal.waitFor(/ready>|[$#%>] $/m, 15_000);
  terminal.type(`${source}${KEYS.enter}`);
  terminal.type(`echo loaded-$((1+1))${KEYS.enter}`);
  await terminal.waitFor(/loaded-2/, 15_000);
  terminal.type(typed);
  terminal.type('\t');
  await terminal.waitFor(expected, 15_000);
}

describe('with Tab, at a real prompt', () => {
  it.skipIf(!has('bash'))('bash', async () => {
    await tab(
      'bash',
      ['--norc', '--noprofile', '-i'],
      `source ./bash`,
      'countersign verify --for login',
      /--for login-security:mfa-reset/,
    );
  });

  it.skipIf(!has('zsh'))('zsh, also what is in no other test: values, options, nothing run', async () => {
    const setUp = 'autoload -U compinit; compinit -u -D; source ./zsh';
    await tab('zsh', ['-f', '-i'], setUp, 'countersign verify --for login', /--for login-security:mfa-reset/);
    await tab('zsh', ['-f', '-i'], setUp, 'countersign operator tok', /operator token/);
    await tab('zsh', ['-f', '-i'], setUp, 'countersign verify --forg', /verify --forgot/);
    await tab('zsh', ['-f', '-i'], setUp, "countersign verify '$(touch ran)' --caller", /--caller/);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});
