import { describe, expect, it } from 'vitest';
import cells from '../../src/rules/damaged-cells.json' with { type: 'json' };
import { type CellKind, damageOf, spareRows } from '../../src/rules/damaged-values.js';

const DATE = 'is a date';
const TIME = 'is a time';
const SHORT = 'is a number that a spreadsheet shortened';
const TWICE = 'was encoded twice';
const LETTERS = 'lost letters in a wrong encoding';
const ERROR = 'is an error of a spreadsheet';
const NONE = 'is no value, only a word for one that is missing';
const MARKS = 'has marks around it that are not part of it';
const DECIMALS = 'is a number with decimals';

/** As a program does that reads UTF-8 as something else. */
const readAs = (encoding: string, text: string) => new TextDecoder(encoding).decode(new TextEncoder().encode(text));

describe('a damaged cell', () => {
  it.each<[CellKind, string, string]>([
    ['phone', '1E+11', SHORT],
    ['phone', '4,93E+10', SHORT],
    ['phone', '4.91512e11', SHORT],
    ['key', '1.00234E+05', SHORT],
    ['name', '1,8E+11', SHORT],
    ['phone', '491512345678.0', DECIMALS],
    ['key', '100234.0', DECIMALS],
    ['key', '4915123456789120', 'is a number that a spreadsheet rounded'],
    ['phone', '12.05.2026', DATE],
    ['phone', '2026-05-12 00:00:00', DATE],
    ['phone', '5/12/26', DATE],
    ['name', 'Mai-5', DATE],
    ['name', '05. Mai', DATE],
    ['name', '12-déc', DATE],
    ['name', 'Mrz 21', DATE],
    ['key', 'May-05', DATE],
    ['key', '5-Mai', DATE],
    ['name', '#REF!', ERROR],
    ['email', '#N/A', ERROR],
    ['name', '#NV', ERROR],
    ['name', '#BEZUG!', ERROR],
    ['name', '#NAME?', ERROR],
    ['phone', '########', ERROR],
    ['name', 'Err:502', ERROR],
    ['name', 'TRUE', NONE],
    ['key', 'WAHR', NONE],
    ['email', 'NULL', NONE],
    ['phone', 'NaN', NONE],
    ['name', '-', NONE],
    ['email', 'mailto:ana@nw.example', MARKS],
    ['email', 'ana@nw.example;', MARKS],
    ['email', '<ana@nw.example>', MARKS],
    ['phone', 'tel:+49301234567', MARKS],
    ['name', '"Ana"', MARKS],
    ['name', readAs('windows-1252', 'Jörg Müller'), TWICE],
    ['name', readAs('windows-1252', 'Sean O’Brien'), TWICE],
    ['name', readAs('windows-1252', readAs('windows-1252', 'Çağla Øst')), TWICE],
    ['name', readAs('windows-1252', 'Łukasz Żak'), TWICE],
    ['name', readAs('windows-1252', 'Иван'), TWICE],
    ['name', readAs('windows-1252', '李小龍'), TWICE],
    ['name', readAs('windows-1252', 'María'), TWICE],
    ['name', 'JÃ¶rg Müller', TWICE],
    ['name', `李 ${readAs('windows-1252', 'Müller')}`, TWICE],
    ['name', 'ZolÃ', TWICE],
    ['key', readAs('windows-1252', 'müller'), TWICE],
    ['name', 'M\ufffdller', LETTERS],
    ['name', 'M?ller', LETTERS],
    ['name', 'M├╝ller', LETTERS],
    ['name', readAs('macintosh', 'Müller'), LETTERS],
    ['name', 'M&uuml;ller', LETTERS],
    ['name', 'M&#252;ller', LETTERS],
    ['name', 'M=C3=BCller', LETTERS],
    ['name', 'M%C3%BCller', LETTERS],
    ['name', '=?UTF-8?Q?M=C3=BCller?=', LETTERS],
    ['name', '#¡REF!', ERROR],
    ['key', '#¡REF!', ERROR],
    ['name', '#¿NOMBRE?', ERROR],
    ['phone', '#¡DIV/0!', ERROR],
    ['name', 'Fehler:502', ERROR],
    ['email', 'Err :508', ERROR],
    ['key', 'FALSO', NONE],
    ['name', 'VERDADERO', NONE],
    ['setting', 'VRAI', NONE],
    ['name', '(null)', NONE],
    ['phone', 'k.A.', NONE],
    ['email', 'n/v', NONE],
    ['name', 'none', NONE],
    ['key', '12-ene', DATE],
    ['key', '12-janv.', DATE],
    ['key', '12.Jan', DATE],
    ['name', '01-gen', DATE],
    ['name', '01. Jän', DATE],
    ['name', 'Jän 21', DATE],
    ['name', '1-fev', DATE],
    ['name', '12-out', DATE],
    ['name', '1-mrt', DATE],
    ['name', '12-янв', DATE],
    ['name', '2021年3月1日', DATE],
    ['name', 'Montag, 1. März 2021', DATE],
    ['phone', '1 de marzo de 2021', DATE],
    ['name', 'Mon Mar 01 2021', DATE],
    ['name', 'Mon Mar 01 2021 00:00:00 GMT+0100 (Central European Standard Time)', DATE],
    ['name', '12:30', TIME],
    ['key', '12:30:00', TIME],
    ['name', 'M”ller', LETTERS],
    ['name', 'MŸller', LETTERS],
    ['name', 'M÷ller', LETTERS],
    ['name', 'Ren‚ Weiss', LETTERS],
    ['name', '"Ana', MARKS],
    ['name', 'Ana”', MARKS],
  ])('%s %s: %s', (kind, text, why) => {
    expect(damageOf(kind, text)).toBe(why);
  });

  it.each<[CellKind, string]>([
    ['phone', '+49 151 2345678'],
    ['phone', '030-0074321'],
    ['phone', '(206) 555-9857 ext. 5'],
    ['phone', '01.02.03.04.05'],
    ['phone', '030.12.34'],
    ['key', '0100777'],
    ['key', '1e1'],
    ['key', '0e0'],
    ['key', 'jan-12'],
    ['key', 'mai5'],
    ['key', 'null.k'],
    ['key', '100234'],
    ['name', 'Jörg Müller'],
    ['name', 'IRMÃ DULCE'],
    ['name', 'ANDRÉ’S BAR'],
    ['name', 'Strauß–Voß'],
    ['name', 'MENÜ–BAR'],
    ['name', 'Bar “Café Olé”'],
    ['name', 'Ângela Ávila'],
    ['name', 'Đặng Thị Hà'],
    ['name', 'Søren Ångström & Söhne'],
    ['name', 'AT&T; R&D'],
    ['name', 'Étoile «Café»'],
    ['name', 'May Whitfield'],
    ['name', 'April June'],
    ['name', 'Mark 3'],
    ['name', '李小龍'],
    ['name', 'Name?'],
    ['name', 'Dwayne "The Rock" Johnson'],
    ['name', 'Jan'],
    ['name', 'Mai'],
    ['name', 'Nil'],
    ['name', 'Dan 3'],
    ['name', '7 Oaks'],
    ['name', 'Étoile «Café»'],
    ['name', "Geert 't Hart"],
    ['name', 'RŮŽENA RŮŽIČKOVÁ'],
    ['name', 'SZCZĘŚNIAK-ŻÓŁTY'],
    ['name', 'TĂNASE ION'],
    ['name', '東京ｶﾞｽ'],
    ['name', 'TBSﾃﾚﾋﾞ'],
    ['name', 'Þórður Ýmir'],
    ['name', 'Sean O´Brien'],
    ['name', 'Uí hÉigeartaigh'],
    ['key', 'none'],
    ['key', 'tosi'],
    ['key', 'SAND'],
    ['key', '12jan'],
    ['key', '1-ana'],
    ['key', '7-eleven'],
    ['email', 'ana@nw.example'],
    ['email', ''],
  ])('%s %s is as people write it', (kind, text) => {
    expect(damageOf(kind, text)).toBeUndefined();
  });
});

it.each(cells.damages)('$why: $examples', ({ why, kinds = ['key', 'name', 'email', 'phone', 'setting'], examples }) => {
  for (const kind of kinds as readonly CellKind[])
    expect(examples.map((text) => damageOf(kind, text))).toEqual(examples.map(() => why));
});

describe('a value on file', () => {
  const KINDS = { login: 'key', name: 'name', email: 'email', phone: 'phone', sso: 'setting' } as const;
  const spare = (column: keyof typeof KINDS, before: string | undefined, text: string, allowed = {}) => {
    const on = before === undefined ? undefined : { [column]: before };
    const { entries, ...found } = spareRows([{ line: 7, [column]: text }], () => on, KINDS, allowed);
    return { ...found, text: (entries[0] as unknown as Record<string, string | undefined>)[column] };
  };

  it.each([
    ['phone', '+49 151 2345678', '4.91512E+11'],
    ['phone', '+49 151 2345678', '491512345678'],
    ['phone', '0151 2345678', '1512345678'],
    ['phone', '491512345678', '491510000000'],
    ['phone', '+49 151 2345678', 'France'],
    ['phone', '+49 151 2345678', ''],
    ['phone', '+49 30 7654321', '307654321'],
    ['phone', '+49 30 7654321', '30 7654321'],
    ['phone', '(030) 7654321', '7654321'],
    ['phone', '+49 30 7654321', '21'],
    ['name', 'Maria Anders', '12/05'],
    ['sso', 'okta', ''],
    ['sso', 'okta', '0'],
    ['sso', 'okta', 'none'],
    ['name', 'Jörg Müller', readAs('windows-1252', 'Jörg Müller')],
    ['name', 'Jörg Müller', 'Jorg Muller'],
    ['name', 'Jörg Müller', 'Jrg Mller'],
    ['name', 'Maria Anders', '44197'],
    ['name', 'Ayşe Yıldız', 'Ayþe Yýldýz'],
    ['name', 'Łukasz Wiśniewski', '£ukasz Wiœniewski'],
    ['name', '山田 太郎', 'ŽR“c ‘¾˜Y'],
    ['name', 'Łukasz Wiśniewski', readAs('windows-1250', 'Łukasz Wiśniewski')],
    ['name', 'Jörg Müller', readAs('shift_jis', 'Jörg Müller')],
    ['name', '鈴木 花子', readAs('shift_jis', '鈴木 花子').replaceAll('\ufffd', '?')],
    ['name', '山田 太郎', readAs('gbk', '山田 太郎')],
    ['name', 'Иван Петров', readAs('windows-1251', 'Иван Петров')],
    ['name', 'Łukasz Nowak', '?ukasz Nowak'],
    ['name', 'Łukasz Wiśniewski', '?ukasz Wisniewski'],
    ['name', '山田 太郎', '?? ??'],
    ['name', 'Şükrü Doğan', 'Sükrü Dogan'],
    ['email', 'ana@nw.example', ''],
    ['email', 'ana@nw.example', 'mailto:ana@nw.example'],
  ] as const)('stays: %s %s, not "%s", with a warning', (column, before, text) => {
    expect(spare(column, before, text)).toMatchObject({ text: before, warnings: [{ line: 7, column }], problems: [] });
  });

  it.each([
    ['phone', '+49 151 2345678', '+49 151 2345679'],
    ['phone', '1512345678', '01512345678'],
    ['phone', '+43 30 7654321', '030 7654321'],
    ['phone', '+49 30 7654321', '+49 30 7654322'],
    ['sso', '', 'okta'],
    ['sso', 'okta', 'entra'],
    ['sso', '', ''],
    ['phone', 'France', '+49 151 2345678'],
    ['phone', '', '030 1234567'],
    ['name', 'Maria Anders', 'María Anders'],
    ['name', 'Maria Anders', 'Maria Muster'],
    ['name', 'Ayþe Yýldýz', 'Ayşe Yıldız'],
    ['name', 'Wiœniewski', 'Wiśniewski'],
    ['name', 'MÃ¼ller', 'Müller'],
    ['name', 'Müller-Lüdke', 'Müller Lüdke'],
    ['name', 'Ayşe Yıldız', 'Ayşe Yılmaz'],
    ['name', '山田 太郎', '山田 花子'],
    ['name', 'Łukasz Nowak', 'Who?'],
    ['name', 'Micha Wójcik', 'Michał Wójcik'],
    ['name', 'Citroën', 'Citroën 雪铁龙'],
    ['name', '株式会社ＡＢＣ', '株式会社ABC'],
    ['name', 'ﾌﾞﾗﾝﾄﾞ商事', 'ブランド商事'],
    ['email', 'ana@nw.example', 'ana@new.example'],
  ] as const)('gives way: %s %s to %s', (column, before, text) => {
    expect(spare(column, before, text)).toMatchObject({ text, warnings: [], problems: [] });
  });

  it('a cell of any length is judged', () => {
    expect(spare('name', 'Ana', 'é'.repeat(200_000))).toMatchObject({
      warnings: [],
      text: expect.stringMatching(/^é+$/),
    });
  });

  it('gives way to a damage only if it is asked for by name', () => {
    expect(spare('name', 'Jörg', 'JÃ¶rg', { acceptDamaged: true })).toMatchObject({ text: 'JÃ¶rg', warnings: [{}] });
    expect(spare('email', 'a@b.example', '', { acceptDamaged: true }).text).toBe('a@b.example');
    expect(spare('sso', 'okta', '', { clearContacts: true, acceptDamaged: true }).text).toBe('okta');
    expect(spare('email', 'a@b.example', '', { clearContacts: true })).toMatchObject({ text: '', warnings: [] });
  });

  it('is no damage where it is the same already, and a key that exists is right', () => {
    expect(spare('name', 'Mai 5', 'Mai 5').warnings).toEqual([]);
    expect(spare('login', 'May-05', 'May-05')).toMatchObject({ warnings: [], problems: [] });
  });

  it('a new row: a wrong key refuses it, a wrong contact is left out, a wrong name is said', () => {
    expect(spare('login', undefined, 'May-05')).toMatchObject({ problems: [{ line: 7, column: 'login' }] });
    expect(spare('phone', undefined, '1E+11')).toMatchObject({ text: undefined, warnings: [{ column: 'phone' }] });
    expect(spare('name', undefined, 'MÃ¼ller')).toMatchObject({ text: 'MÃ¼ller', warnings: [{ column: 'name' }] });
  });
});
