import { describe, expect, it } from 'vitest';
import { makeStyle, type StreamFacts } from '../../src/terminal/style.js';

const coloured = (facts: Partial<StreamFacts>) => makeStyle({ isTTY: true, env: {}, ...facts }).colours;

describe('the colour decision', () => {
  it.each<[string, Partial<StreamFacts>, boolean]>([
    ['a terminal', {}, true],
    ['a pipe', { isTTY: false }, false],
    ['NO_COLOR', { env: { NO_COLOR: '1' } }, false],
    ['NO_COLOR=0 is set too', { env: { NO_COLOR: '0' } }, false],
    ['an empty NO_COLOR', { env: { NO_COLOR: '' } }, true],
    ['--no-color', { noColor: true }, false],
    ['TERM=dumb', { env: { TERM: 'dumb' } }, false],
    ['FORCE_COLOR on a pipe', { isTTY: false, env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR=0 on a terminal', { env: { FORCE_COLOR: '0' } }, false],
    ['NO_COLOR against FORCE_COLOR', { env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
    ['--no-color against FORCE_COLOR', { noColor: true, env: { FORCE_COLOR: '3' } }, false],
  ])('%s: %j gives %s', (_name, facts, expected) => {
    expect(coloured(facts)).toBe(expected);
  });

  it('colours what it says and nothing without colours', () => {
    const on = makeStyle({ isTTY: true, env: {} });
    expect(on.good('ok')).toBe('\u001b[32mok\u001b[39m');
    const off = makeStyle({ isTTY: false, env: {} });
    for (const paint of [off.good, off.bad, off.warn, off.strong, off.faint, off.accent])
      expect(paint('ok')).toBe('ok');
  });
});

describe('the width', () => {
  it.each<[Partial<StreamFacts>, number]>([
    [{ columns: 132 }, 132],
    [{ columns: 40 }, 40],
    [{ columns: 0 }, 80],
    [{}, 80],
    [{ isTTY: false, columns: 200 }, 80],
    [{ columns: 5 }, 20],
  ])('%j is %i columns', (facts, columns) => {
    expect(makeStyle({ isTTY: true, env: {}, ...facts }).columns).toBe(columns);
  });

  it('a pipe and --plain are plain', () => {
    expect(makeStyle({ isTTY: false, env: {} }).plain).toBe(true);
    expect(makeStyle({ isTTY: true, env: {}, plain: true }).plain).toBe(true);
    expect(makeStyle({ isTTY: true, env: {} }).plain).toBe(false);
  });
});
