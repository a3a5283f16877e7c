import { describe, expect, it } from 'vitest';
import { width } from '../../src/terminal/printable.js';
import { openProgress, progressLine } from '../../src/terminal/progress.js';

function stream(isTTY = true, columns = 80) {
  const written: string[] = [];
  const clock = { ms: 0 };
  return { isTTY, columns, written, clock, write: (text: string) => void written.push(text), now: () => clock.ms };
}

describe('progress', () => {
  it('is silent where there is no terminal', () => {
    const pipe = stream(false);
    const progress = openProgress(pipe, 'Resetting', 10);
    progress.step(5);
    progress.done();
    expect(pipe.written).toEqual([]);
  });

  it('redraws one line with count, rate and time left, and takes it away', () => {
    const terminal = stream();
    const progress = openProgress(terminal, 'Resetting', 5000);
    progress.step(0);
    terminal.clock.ms = 2000;
    progress.step(1234);
    progress.done();
    expect(terminal.written).toEqual([
      '\r\u001b[KResetting  0 of 5,000  0 %',
      '\r\u001b[KResetting  1,234 of 5,000  24 %  617/s  7 s left',
      '\r\u001b[K',
    ]);
  });

  it('draws ten times a second at most, and counts what it does not draw', () => {
    const terminal = stream();
    const progress = openProgress(terminal, 'Resetting', 1000);
    for (let row = 0; row < 500; row += 1) {
      terminal.clock.ms = row;
      progress.step(1);
    }
    expect(terminal.written).toHaveLength(5);
    terminal.clock.ms = 1000;
    progress.step(500);
    expect(terminal.written.at(-1)).toContain('1,000 of 1,000  100 %  1,000/s  0 s left');
  });

  it('leaves the last column free, and shows a hostile label harmless', () => {
    const terminal = stream(true, 30);
    openProgress(terminal, 'Importing\u001b[2J customers', 1_000_000).step(5);
    const line = terminal.written[0]?.slice('\r\u001b[K'.length) ?? '';
    expect(width(line)).toBe(29);
    expect(line).toMatch(/^Importing\\u\{1b\}\[2J/);
  });

  it('says minutes and hours where there are', () => {
    expect(progressLine('x', 10, 1000, 10_000)).toContain('17 min left');
    expect(progressLine('x', 10, 100_000, 10_000)).toContain('27 h 47 min left');
    expect(progressLine('x', 0, 0, 5000)).toBe('x  0 of 0');
  });
});
