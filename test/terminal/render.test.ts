import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/errors.js';
import { width } from '../../src/terminal/printable.js';
import { type Block, renderError, renderView, type View } from '../../src/terminal/render.js';
import { makeStyle } from '../../src/terminal/style.js';
import { HOSTILE, hasNaughtyStrings, naughtyStrings, uncoloured, unsafeLines } from '../support/hostile-text.js';

const terminal = makeStyle({ isTTY: true, columns: 80, env: {} });
const bare = makeStyle({ isTTY: true, columns: 80, env: { NO_COLOR: '1' } });
const pipe = makeStyle({ isTTY: false, env: {} });

const WORDS = 'caller ana asked for billing change and the phrase matched but the scope is missing on this account ';

/** A view with `text` in every place a value can stand. */
function everywhere(text: string): View {
  return [
    { kind: 'title', text, aside: text },
    { kind: 'title', text },
    { kind: 'verdict', verdict: text, tone: 'bad' },
    { kind: 'say', text },
    { kind: 'private', text },
    { kind: 'fields', rows: [[text, text]] },
    { kind: 'table', columns: [{ title: text }, { title: text, align: 'right' }], rows: [[text, text]], empty: text },
    { kind: 'table', columns: [{ title: text }], rows: [], empty: text },
    { kind: 'lines', lines: [text] },
    { kind: 'note', text },
    { kind: 'next', lines: [text] },
  ];
}

const errorOf = (text: string) =>
  new Refusal('invalid-input', text, { hint: text, problems: [{ line: 2, column: text, message: text }] });

/** The lines a terminal would show beyond those that the same views have with a harmless value. */
function linesOf(text: string): number {
  return uncoloured(renderView(everywhere(text), pipe) + renderError(errorOf(text), pipe)).length;
}

describe('hostile text (T12)', () => {
  const texts = [...HOSTILE, ...(hasNaughtyStrings ? naughtyStrings() : [])];

  it('no value reaches the output with anything but visible characters', () => {
    for (const text of texts) {
      for (const style of [terminal, bare, pipe]) {
        expect(unsafeLines(renderView(everywhere(text), style))).toEqual([]);
        expect(unsafeLines(renderError(errorOf(text), style))).toEqual([]);
      }
    }
  });

  it.skipIf(!hasNaughtyStrings)('the Big List of Naughty Strings was among them', () => {
    expect(naughtyStrings().length).toBeGreaterThan(400);
  });

  it('teeth: the same check fails for the values themselves', () => {
    for (const text of HOSTILE) expect(unsafeLines(text.replaceAll('\n', '\u0000'))).not.toEqual([]);
  });

  it('no value begins a line of its own', () => {
    for (const text of texts.filter((text) => text.trim() !== ''))
      expect([text, linesOf(text)]).toEqual([text, linesOf('x')]);
  });
});

describe('a view', () => {
  const view: View = [
    { kind: 'title', text: 'Call 0147  Acme Dental (X Series)', aside: 'agent: mira  00:41' },
    { kind: 'verdict', verdict: 'REFUSED', tone: 'bad' },
    { kind: 'say', text: "I can't complete this request on this call." },
    { kind: 'private', text: 'the phrase matches, scope account-info is not granted' },
    {
      kind: 'fields',
      rows: [
        ['Caller', 'Dana Ruiz'],
        ['Role', 'secondary-admin'],
      ],
    },
    { kind: 'blank' },
    { kind: 'next', lines: ['countersign verify --account 100234 --caller dana --forgot'] },
  ];

  it('reads as on a call, at 80 columns', () => {
    expect(renderView(view, bare)).toBe(
      [
        `Call 0147  Acme Dental (X Series)${' '.repeat(29)}agent: mira  00:41`,
        'REFUSED',
        '',
        'Say: "I can\'t complete this request on this call."',
        '',
        'Do not read aloud: the phrase matches, scope account-info is not granted',
        'Caller:  Dana Ruiz',
        'Role:    secondary-admin',
        '',
        'Next:',
        '  countersign verify --account 100234 --caller dana --forgot',
        '',
      ].join('\n'),
    );
  });

  it('says in words all that it says in colour', () => {
    expect(uncoloured(renderView(view, terminal))).toEqual(uncoloured(renderView(view, bare)));
    expect(renderView(view, terminal)).not.toBe(renderView(view, bare));
  });

  it('is empty where nothing is to say, and ends with one newline otherwise', () => {
    expect(renderView([], bare)).toBe('');
    expect(renderView([{ kind: 'say', text: 'Hello.' }, { kind: 'blank' }], bare)).toBe('Say: "Hello."\n');
    expect(renderView([{ kind: 'next', lines: [] }], bare)).toBe('');
  });

  it('in a narrow window words go on under a long label, and every language has its quotes', () => {
    const said = (text: string) => ({ 'Do not read aloud:': 'Nicht vorlesen:', '"{text}"': '„{text}“' })[text] ?? text;
    const style = { ...makeStyle({ isTTY: true, columns: 40, env: { NO_COLOR: '1' }, said }), columns: 40 };
    const blocks: Block[] = [
      { kind: 'say', text: 'Hallo, $& „du“.' },
      { kind: 'private', text: 'Der Anrufer hat noch keine Passphrase. Es wurde nichts verglichen.' },
    ];
    expect(renderView(blocks, style).split('\n')).toEqual([
      'Say: „Hallo, $& „du“.“',
      '',
      'Nicht vorlesen: Der Anrufer hat noch',
      '    keine Passphrase. Es wurde nichts',
      '    verglichen.',
      '',
    ]);
  });

  it('folds long text under its own beginning, at any width', () => {
    for (const columns of [40, 80, 200]) {
      const style = makeStyle({ isTTY: true, columns, env: { NO_COLOR: '1' } });
      const blocks: Block[] = [
        { kind: 'title', text: WORDS.trim(), aside: 'agent: mira' },
        { kind: 'say', text: WORDS.repeat(3) },
        { kind: 'private', text: WORDS.repeat(3) },
        { kind: 'fields', rows: [['Reason', WORDS.repeat(3)]] },
        { kind: 'lines', lines: [WORDS.repeat(3)] },
        { kind: 'note', text: WORDS.repeat(3) },
      ];
      const lines = renderView(blocks, style).split('\n');
      for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
    }
    const [, second = ''] = renderView([{ kind: 'fields', rows: [['Reason', WORDS.repeat(2)]] }], bare).split('\n');
    expect(second).toMatch(/^ {9}\S/);
  });

  it('never folds a command to copy, nor anything in plain output', () => {
    const command = `countersign mfa reset ${WORDS.repeat(3)}`.trim();
    expect(renderView([{ kind: 'next', lines: [command] }], bare)).toBe(`Next:\n  ${command}\n`);
    expect(renderView([{ kind: 'note', text: command }], pipe)).toBe(`${command}\n`);
    expect(renderView([{ kind: 'note', text: command }], { ...bare, plain: true })).toBe(`${command}\n`);
  });
});

describe('a table', () => {
  const columns = [{ title: 'login' }, { title: 'name' }, { title: 'failures', align: 'right' as const }];
  const table = (rows: string[][]): View => [{ kind: 'table', columns, rows, empty: 'No users.' }];

  it('has a heading over a rule on a terminal, and neither rule nor colour in a pipe', () => {
    const rows = [
      ['ana', 'Ana Trujillo', '3'],
      ['bo', 'Bo', '12'],
    ];
    expect(renderView(table(rows), bare)).toBe(
      [
        'login  name          failures',
        '─────  ────────────  ────────',
        'ana    Ana Trujillo         3',
        'bo     Bo                  12',
        '',
      ].join('\n'),
    );
    expect(renderView(table(rows), pipe)).toBe(
      ['login  name          failures', 'ana    Ana Trujillo         3', 'bo     Bo                  12', ''].join(
        '\n',
      ),
    );
  });

  it('may have more rows than a call may have arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, n) => [`u${n}`, 'x', '1']);
    const text = renderView(table(rows), pipe);
    expect(text.split('\n')).toHaveLength(rows.length + 2);
    expect(text.endsWith('u199999  x            1\n')).toBe(true);
  });

  it('without rows says so', () => {
    expect(renderView(table([]), bare)).toBe('No users.\n');
  });

  it('shrinks the widest column to fit, and cuts nothing in a pipe', () => {
    const long = 'n'.repeat(120);
    const rows = [['ana', long, '3']];
    const shown = renderView(table(rows), bare).split('\n');
    for (const line of shown) expect(width(line)).toBeLessThanOrEqual(80);
    expect(shown[2]).toMatch(/^ana {4}n+… {9}3$/);
    expect(renderView(table(rows), pipe)).toContain(long);
  });

  it('never cuts an id, nor what is there to be typed, while there is anything else to cut', () => {
    const id = 'gr_01m8dh6aa3egvv2mda3tzx3gd9';
    const columns = [{ title: 'login', whole: true }, { title: 'name' }, { title: 'why' }, { title: 'grant' }];
    const rows = [['bartholomew.montgomery-fitzgerald', 'n'.repeat(30), 'w'.repeat(30), id]];
    const shown = renderView([{ kind: 'table', columns, rows, empty: '' }], bare);
    for (const word of [id, rows[0]?.[0] ?? '']) expect(shown).toContain(word);
    for (const line of shown.split('\n')) expect(width(line)).toBeLessThanOrEqual(80);
  });

  it('keeps a column under its own most', () => {
    const view: View = [{ kind: 'table', columns: [{ title: 'id', max: 6 }], rows: [['usr_0192aa']], empty: '' }];
    expect(renderView(view, bare)).toBe('id\n──────\nusr_0…\n');
    expect(renderView(view, pipe)).toBe('id\nusr_0192aa\n');
  });

  it('is never wider than the terminal, and its last column stands in one place, in every script', () => {
    const cell = fc.constantFrom('ana', '山田　太郎', 'ภาษาไทยที่', 'नमस्ते', '\u202ebidi', 'x'.repeat(90), '😀', '');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 30, max: 120 }),
        (cells, size) => {
          const style = makeStyle({ isTTY: true, columns: size, env: { NO_COLOR: '1' } });
          const view = table(cells.map(([login, name]) => [login, name, '7']));
          const lines = renderView(view, style).trimEnd().split('\n');
          for (const line of lines) expect(width(line)).toBe(width(lines[1] ?? ''));
          expect(width(lines[1] ?? '')).toBeLessThanOrEqual(size);
        },
      ),
    );
  });
});

describe('an error', () => {
  it('begins with the name of the program and ends with the next step', () => {
    const refusal = new Refusal('not-found', 'no user "ana" in account 100234', {
      hint: 'countersign user search ana',
    });
    expect(renderError(refusal, bare)).toBe(
      'countersign: no user "ana" in account 100234\nNext: countersign user search ana\n',
    );
    expect(renderError(new Refusal('cancelled', 'Cancelled by Ctrl-C.'), bare)).toBe(
      'countersign: Cancelled by Ctrl-C.\n',
    );
  });

  it('shows the beginning and the end of a problem that holds a whole cell', () => {
    const message = `there is no role "${'x'.repeat(200_000)}"; one of: admin, user`;
    const text = renderError(new Refusal('invalid-input', 'a fault', { problems: [{ line: 3, message }] }), bare);
    expect(text.length).toBeLessThan(800);
    expect(text).toMatch(/line 3: there is no role\s+"x+\s+…\s+x+";\s+one of: admin, user/);
  });

  it('lists problems with their places, twenty at most', () => {
    const problems = Array.from({ length: 57 }, (_, at) => ({
      line: at + 2,
      column: 'email',
      message: 'not an address',
    }));
    const lines = renderError(new Refusal('invalid-input', 'the file has 57 faults', { problems }), bare)
      .trimEnd()
      .split('\n');
    expect(lines[1]).toBe('  line 2, column email: not an address');
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('  and 37 more');
    const bareProblem = new Refusal('invalid-input', 'wrong', {
      problems: [{ message: 'no header' }, { line: 3, message: 'too short' }],
    });
    expect(renderError(bareProblem, bare)).toBe('countersign: wrong\n  no header\n  line 3: too short\n');
  });

  it('is one line in a pipe, so that a script can find it', () => {
    expect(
      renderError(new Refusal('usage', WORDS.repeat(3).trim()), pipe)
        .trimEnd()
        .split('\n'),
    ).toHaveLength(1);
    expect(
      renderError(new Refusal('usage', WORDS.repeat(3).trim()), bare)
        .trimEnd()
        .split('\n').length,
    ).toBeGreaterThan(2);
  });
});
