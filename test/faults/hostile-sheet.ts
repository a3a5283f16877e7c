/**
 * A list as spreadsheets and people leave it, from a seed: quotes, line ends in cells, repeats, nobody, two people at once, formulas, text
 * that was encoded twice; and beside each line what must become of it, by how it was made and not by the code under test.
 */

export interface SheetRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly outcome: 'reset' | 'sso-only' | 'nothing-to-do' | 'duplicate' | 'unknown' | 'ambiguous';
  /** Whom it names, where that is one person. */
  readonly login: string | null;
}

export interface Sheet {
  /** windows-1252, with semicolons and the line ends of Windows. */
  readonly bytes: Buffer;
  readonly header: readonly string[];
  readonly rows: readonly SheetRow[];
}

/** People of account 1, by what a reset of them does. `twins` share one e-mail. */
export interface Cast {
  readonly holding: readonly string[];
  readonly sso: readonly string[];
  readonly idle: readonly string[];
  readonly twins: string;
}

const HEADER = ['Account', 'Login', 'Email', 'Remark'] as const;
const REMARKS = ['', 'van 2; spare', 'say "hello"', 'two\nlines', '=HYPERLINK("x")', ' ', 'Müller, Jörg', "'", '1e5'];
const NOBODIES = ['=1+1', '@SUM(A1)', '-2+3', '+491234', 'zoë', 'Ã¼ber', 'u99999', "o'nobody", 'a b', '"', '00', 'nan'];

export function hostileSheet(count: number, cast: Cast, chance: () => number): Sheet {
  const pick = <T>(some: readonly T[]): T => some[Math.floor(chance() * some.length)] as T;
  const left = { holding: [...cast.holding], sso: [...cast.sso], idle: [...cast.idle] };
  const named: string[] = [];
  const email = (login: string) => `${login}@example.com`;
  const spelled = (login: string) => pick([login, login.toUpperCase(), ` ${login} `, email(login)]);
  const fresh = (kind: keyof typeof left, outcome: SheetRow['outcome']) => () => {
    const login = left[kind].pop();
    if (login === undefined) return nobody();
    named.push(login);
    const both = chance() < 0.2;
    const cells = chance() < 0.2 ? ['1', '', email(login)] : ['1', spelled(login), both ? email(login) : ''];
    return { cells, outcome, login };
  };
  const nobody = () =>
    ({ cells: [pick(['1', '1', '77']), pick(NOBODIES), ''], outcome: 'unknown', login: null }) as const;
  const again = () => {
    if (named.length === 0) return nobody();
    const login = pick(named);
    return { cells: ['1', spelled(login), ''], outcome: 'duplicate', login } as const;
  };
  const torn = () => {
    const [one, other] = [pick(cast.holding), pick(cast.idle)];
    const cells = pick([
      ['1', one, email(other)],
      ['1', cast.twins, ''],
      ['1', '', cast.twins],
    ]);
    return { cells, outcome: 'ambiguous', login: null } as const;
  };
  const holding = fresh('holding', 'reset');
  const kinds = [
    holding,
    holding,
    holding,
    fresh('sso', 'sso-only'),
    fresh('idle', 'nothing-to-do'),
    again,
    nobody,
    torn,
  ];
  const rows: SheetRow[] = [];
  const texts = [HEADER.join(';')];
  let line = 2;
  for (let n = 0; n < count; n += 1) {
    const { cells, ...what } = pick(kinds)();
    const all = [...cells, pick(REMARKS)];
    rows.push({ line, cells: all, ...what });
    texts.push(all.map((cell) => quoted(cell, chance() < 0.2)).join(';'));
    line += 1 + all.join('').split('\n').length - 1;
    if (chance() < 0.02) {
      texts.push(pick(['', ';;;', ' ; ; ; ']));
      line += 1;
    }
  }
  return { bytes: Buffer.from(`${texts.join('\r\n')}\r\n`, 'latin1'), header: HEADER, rows };
}

const quoted = (cell: string, always: boolean): string =>
  always || /[;"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
