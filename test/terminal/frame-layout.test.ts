import { describe, expect, it } from 'vitest';
import { layOut, type Picture } from '../../src/terminal/frame-layout.js';
import { width } from '../../src/terminal/printable.js';
import type { Block, View } from '../../src/terminal/render.js';
import { makeStyle } from '../../src/terminal/style.js';

const CARD: View = [
  { kind: 'title', text: 'call_7kq2mp · Tradição Hipermercados e Filhos', aside: 'mira  00:41' },
  { kind: 'blank' },
  { kind: 'alerts', lines: ['2 failed attempts in 7 days with 2 operators, the last 3 minutes ago'] },
  {
    kind: 'fields',
    rows: [
      ['Account', 'Tradição Hipermercados e Filhos (100794), X Series'],
      ['Caller', 'Anabela Domingues, anabela.domingues, admin'],
    ],
  },
];
const SAY = { kind: 'say', text: 'Please tell me your support passphrase.' } as const;
const REFUSED: View = [
  { kind: 'title', text: 'call_7kq2mp · Tradição', aside: 'mira  00:41' },
  { kind: 'verdict', verdict: 'REFUSED', tone: 'bad' },
  { kind: 'say', text: "I'm sorry, I can't complete this request on this call." },
  { kind: 'private', text: 'The phrase does not match, or there is no such caller.' },
  { kind: 'lines', lines: Array.from({ length: 9 }, (_, at) => `  ${at + 1}. a step to read aloud`) },
];
const KEYS = ['not shown', 'Ctrl-R show 5 s', 'F2 spell', 'F3 forgot', 'F1 notes', 'Ctrl-E end', 'Esc back'];

function frame(view: View, [columns, rows]: readonly [number, number], body: readonly string[] = [], wanted?: number) {
  const style = makeStyle({ isTTY: true, columns, env: { NO_COLOR: '1' } });
  const picture: Picture = {
    view: () => view,
    prompt: 'Phrase',
    box: true,
    keys: KEYS,
    body: () => body,
    typed: () => '',
  };
  return layOut(picture, '', { ...style, columns }, rows, wanted);
}

describe('a question laid out in a window', () => {
  const sizes = [
    [80, 24],
    [40, 15],
    [200, 60],
    [30, 10],
  ] as const;
  it.each(sizes)('at %d × %d its title, its question and no line too wide', (...size) => {
    for (const body of [[], Array.from({ length: 10 }, (_, at) => `  ${at}  a choice`)]) {
      const { lines, row } = frame([...CARD, SAY], size, body);
      expect(lines.length).toBeLessThanOrEqual(size[1]);
      expect(lines[0]).toMatch(/^call_7kq.*00:41$/);
      expect(lines[row - 1]).toBe('? Phrase ');
      expect(lines.filter((line) => width(line) > size[0])).toEqual([]);
    }
  });

  it.each(sizes.slice(0, 3))(
    'at %d × %d the sentence to say is in sight, before the phrase and after it',
    (...size) => {
      expect(
        frame([...CARD, SAY], size)
          .lines.join(' ')
          .replace(/\s+/g, ' '),
      ).toContain(SAY.text);
      const { lines, offset } = frame(REFUSED, size, ['  2  another request', '  3  hand over', '  9  end']);
      expect(offset).toBe(0);
      expect(lines.join(' ').replace(/\s+/g, ' ')).toMatch(/REFUSED.*can't complete this request on this call/);
    },
  );

  it.each([
    [80, 24],
    [60, 20],
    [120, 40],
  ] as const)('E35 at %d × %d neither the box nor the keys move while a list comes and goes', (columns, rows) => {
    const places = [0, 1, 9, 11].map((found) => {
      const style = { ...makeStyle({ isTTY: true, columns, env: { NO_COLOR: '1' } }), columns };
      const body = Array.from({ length: found }, (_, at) => `  match ${at + 1}`);
      const picture = { prompt: 'Find', box: true, list: 11, keys: KEYS, view: () => CARD.slice(0, 2) };
      const { lines, row } = layOut({ ...picture, body: () => body, typed: () => 'an' }, 'an', style, rows, undefined);
      expect(lines[row - 1]).toBe('? Find an');
      expect(lines.slice(row, row + found)).toEqual(body);
      return [row, lines.findIndex((text) => text.includes('Esc back'))];
    });
    expect(new Set(places.map(String)).size).toBe(1);
  });

  it('a short list keeps no empty rows where an alert needs the room', () => {
    const style = { ...makeStyle({ isTTY: true, columns: 60, env: { NO_COLOR: '1' } }), columns: 60 };
    const picture = { prompt: 'Reset whom', box: true, list: 11, keys: ['Esc back'], typed: () => '' };
    const view = () => [...CARD, CARD[2] as Block, SAY];
    const text = layOut({ ...picture, view, body: () => ['  Ana'] }, '', style, 20, undefined).lines.join('\n');
    expect(text.match(/Alert: 2 failed/g)).toHaveLength(2);
    expect(text).not.toMatch(/PgUp|PgDn/);
  });

  it('empty lines go before words do', () => {
    const low = frame(REFUSED.slice(0, 4), [40, 11]).lines;
    expect(low.join(' ').replace(/\s+/g, ' ')).toMatch(/REFUSED Say: .* no such caller/);
    expect(low.slice(0, 6)).not.toContain('');
  });

  it('what does not fit is reached by scrolling, and the screen says how', () => {
    const top = frame(REFUSED, [40, 12]);
    expect(top.lines.join('\n')).toMatch(/PgDn shows more/);
    const bottom = frame(REFUSED, [40, 12], [], top.overflow).lines.join('\n');
    expect(bottom).toMatch(/9\. a step/);
    expect(bottom).toMatch(/PgUp shows the beginning/);
  });

  it('an alert that is out of sight is named', () => {
    expect(frame([...CARD, SAY], [40, 12]).lines.join('\n')).toMatch(/Alert above: PgUp shows it/);
  });

  it('no key is broken in two', () => {
    const text = frame([...CARD, SAY], [80, 24]).lines.join('\n');
    for (const key of KEYS) expect(text).toContain(key);
  });
});
