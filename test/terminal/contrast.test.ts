/**
 * The key line can be read on the palettes that terminals come with. The colours are those of the bytes that the frame sends; the contrast is
 * that of WCAG 2.2 (relative luminance of sRGB), 4.5 for text.
 */
import { describe, expect, it } from 'vitest';
import { layOut } from '../../src/terminal/frame-layout.js';
import { makeStyle } from '../../src/terminal/style.js';

type Palette = Readonly<{ ansi: readonly string[]; text: string; ground: string }>;

/** The eight colours of SGR 30–37 and 40–47, and what text has without any. */
const PALETTES: Readonly<Record<string, Palette>> = {
  xterm: palette('000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5', '000000', 'ffffff'),
  'Linux console (VGA)': palette('000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa', 'aaaaaa', '000000'),
  'Solarized dark': palette('073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5', '839496', '002b36'),
  'Solarized light': palette('073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5', '657b83', 'fdf6e3'),
  'GNOME (Tango)': palette('2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf', 'd3d7cf', '2e3436'),
  'Windows (Campbell)': palette('0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc', 'cccccc', '0c0c0c'),
  'macOS (Basic)': palette('000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf', '000000', 'ffffff'),
};

function palette(ansi: string, text: string, ground: string): Palette {
  return { ansi: ansi.split(' '), text, ground };
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Each visible letter of a line with its colours. Terminals draw "dim" (SGR 2) in ways of their own; half way to the ground is a common one. */
function drawn(line: string, { ansi, text, ground }: Palette): readonly { letter: string; contrast: number }[] {
  let [fore, back, dim] = [text, ground, false];
  const letters: { letter: string; contrast: number }[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes that a terminal gets
  for (const [part] of line.matchAll(/\u001b\[[\d;]*m|./gsu)) {
    if (!part.startsWith('\u001b')) {
      if (part !== ' ') letters.push({ letter: part, contrast: contrast(dim ? halfWay(fore, back) : fore, back) });
      continue;
    }
    for (const code of part.slice(2, -1).split(';').map(Number)) {
      if (code === 0) [fore, back, dim] = [text, ground, false];
      else if (code === 2) dim = true;
      else if (code === 22) dim = false;
      else if (code >= 30 && code <= 37) fore = ansi[code - 30] ?? '';
      else if (code === 39) fore = text;
      else if (code >= 40 && code <= 47) back = ansi[code - 40] ?? '';
      else if (code === 49) back = ground;
      else throw new Error(`what does SGR ${code} look like?`);
    }
  }
  return letters;
}

function halfWay(one: string, other: string): string {
  const mixed = [0, 2, 4].map((at) =>
    Math.round((Number.parseInt(one.slice(at, at + 2), 16) + Number.parseInt(other.slice(at, at + 2), 16)) / 2),
  );
  return mixed.map((part) => part.toString(16).padStart(2, '0')).join('');
}

/** The key line of a search, and the line that says how to read on. */
function keyLines(): readonly string[] {
  const style = { ...makeStyle({ isTTY: true, columns: 80, env: {} }), columns: 80 };
  const { lines } = layOut(
    {
      view: () => [
        { kind: 'title', text: 'Support desk' },
        { kind: 'lines', lines: Array.from({ length: 40 }, (_, at) => `line ${at}`) },
      ],
      prompt: 'Find',
      box: true,
      keys: ['F8 ticket T-7', 'Ctrl-E end', 'Esc back'],
      body: () => [],
      typed: () => '',
    },
    '',
    style,
    24,
    undefined,
  );
  return lines.filter((line) => /Esc back|PgDn/.test(line));
}

describe.each(Object.entries(PALETTES))('the key line in the colours of %s', (_name, colours) => {
  it('has a contrast of at least 4.5', () => {
    const lines = keyLines();
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const faint = drawn(line, colours).filter((one) => one.contrast < 4.5);
      expect(drawn(line, colours).length).toBeGreaterThan(10);
      expect(faint).toEqual([]);
    }
  });
});

it('the measure is that of WCAG: black on white is 21, and dim text of Solarized is too faint', () => {
  expect(contrast('000000', 'ffffff')).toBeCloseTo(21, 5);
  expect(contrast('777777', 'ffffff')).toBeCloseTo(4.48, 2);
  const solarized = PALETTES['Solarized light'] as Palette;
  expect(drawn('\u001b[2mEsc\u001b[22m', solarized).every((one) => one.contrast < 4.5)).toBe(true);
});
