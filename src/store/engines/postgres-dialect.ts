/** PostgreSQL's SQL, its statements as they are sent, and what each new connection is asked first. */
import { type DatabaseIntrospector, type Kysely, PostgresDialect, type PostgresPoolClient, sql } from 'kysely';
import { Refusal } from '../../errors.js';
import type { Computed, SchemaTraits } from '../engine.js';

/** Ids from here on are not of PostgreSQL itself. */
const FIRST_OWN = 16_384;
const MOST_PREPARED = 300;
/** Longer ones list values and do not come again. */
const MOST_PREPARED_TEXT = 8_000;
/** A server whose client vanished may keep its lock for long. */
const LOCK_TIMEOUT = "lock_timeout = '30s'";

/** As PostgreSQL words computed columns, without brackets, spaces and quotes. */
const worded = (derived: Computed): string =>
  derived
    .map(([column, made]) => column + made.replace(/generated always as|stored|[() ]/g, ''))
    .toSorted()
    .join(';')
    .replaceAll("'", "''");

export const traits: SchemaTraits = {
  bytes: 'bytea',
  keyCollation: '"C"',
  tableEnd: '',
  bodyColumn: (path, type) =>
    `generated always as ((body::jsonb #>> '{${path.replace('.', ',')}}')${type === 'integer' ? '::bigint' : ''}) stored`,
  serverTime: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::float8`,
  asHex: (column) => sql<string>`encode(${sql.ref(column)}, 'hex')`,
  // Not relhasrules and relhassubclass: they stay true after the rule or the other table is gone. Columns are counted, so that the server
  // looks up those of each table instead of reading all that it has.
  tricks: (uniques, derived) => `select t.name, case when c.oid is null then 'missing' else 'altered' end as odd
    from jsonb_each_text('${JSON.stringify(uniques)}') t(name, made)
    left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(t.name)
    where c.oid is null or c.relkind <> 'r' or c.relpersistence <> 'p' or c.relrowsecurity
      or exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid)
      or exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid)
      or exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal)
      or 0 < (select count(*) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and (a.atttypid >= ${FIRST_OWN}
        or a.attcollation = any(array(select k.oid from pg_catalog.pg_collation k where not k.collisdeterministic))))
      or t.name = 'audit_entries' and '${worded(derived)}' is distinct from (
        select string_agg(a.attname || replace(translate(pg_get_expr(d.adbin, c.oid), '() "', ''), '::text[]', ''), ';' order by a.attname collate "C")
        from pg_catalog.pg_attribute a join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attgenerated <> '')
      or t.made <> coalesce((
        select string_agg(case when i.indisvalid then '' else 'invalid ' end ||
          replace(replace(replace(lower(pg_get_indexdef(i.indexrelid)), '"', ''), ' using btree', ''),
          replace(lower(c.relnamespace::regnamespace::text), '"', '') || '.', ''), ';') from pg_catalog.pg_index i
        where i.indrelid = c.oid and not i.indisprimary and (i.indisunique or i.indisexclusion)), '')
    union all select o.oid::regoperator::text, 'operator' from pg_catalog.pg_operator o
    where o.oid >= ${FIRST_OWN} and o.oprleft < ${FIRST_OWN} and o.oprright < ${FIRST_OWN} and pg_operator_is_visible(o.oid)
      and o.oprname in ('=', '<>', '<', '>', '<=', '>=', '*', '||', '~~', '#>>')`,
  joined: (expression) => `string_agg(${expression}, ',')`,
  pairs: (json) => sql`jsonb_each_text(${json}::jsonb) as j(k, v)`,
};

const VISIBLE = sql<{
  name: string;
}>`select relname as name from pg_catalog.pg_class where pg_catalog.pg_table_is_visible(oid)`;

/** Sees only the tables that a statement reaches by their names alone: another schema may have some of the same names. */
export class OwnTables extends PostgresDialect {
  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    const all = super.createIntrospector(db);
    const getTables: DatabaseIntrospector['getTables'] = async (options) => {
      const own = new Set((await VISIBLE.execute(db)).rows.map(({ name }) => name));
      return (await all.getTables(options)).filter(({ name }) => own.has(name));
    };
    return Object.create(all, { getTables: { value: getTables } });
  }
}

/**
 * A connection on which a query met the end of the server: what follows, such as the rollback, fails with the same error instead of waiting
 * behind that query, and the pool throws the connection away.
 */
export function lent(
  client: Lendable,
  prepared: PreparedStatements,
  isGone: (error: unknown) => error is Error,
): PostgresPoolClient {
  let broken: Error | undefined;
  const query = async (text: string, values: unknown[]) => {
    if (broken !== undefined) throw broken;
    try {
      // A pooler may give each transaction another connection of the server, so each sets its own limit.
      const sent = /^(begin|start )/.test(text) ? `${text}; set local ${LOCK_TIMEOUT}` : text;
      return await client.query({ ...prepared.named(text), text: sent, values });
    } catch (error) {
      if (isGone(error)) broken = error;
      throw error;
    }
  };
  return { query, release: () => client.release(broken) } as unknown as PostgresPoolClient;
}

/**
 * Names for statements that come again, so that the server plans them once on each connection. While a schema can change, a prepared
 * `select *` could return other columns, which the server refuses.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>();
  #allowed = false;
  #made = 0;

  allow(stays: boolean): void {
    this.#allowed = stays;
    if (!stays) this.#names.clear();
  }

  named(text: string): { name?: string } {
    // A server plans these alone.
    if (!this.#allowed || text.length > MOST_PREPARED_TEXT || !/^(select|insert|update|delete)\b/.test(text)) return {};
    const name = this.#names.get(text);
    if (name === undefined && this.#names.size < MOST_PREPARED) this.#names.set(text, `cs${this.#made++}`);
    return name === undefined ? {} : { name };
  }
}

/** Of the driver's connection, what is needed here: this file does not load it. */
interface Lendable {
  query(sent: object | string): Promise<unknown>;
  release(broken?: Error): void;
}

/** Asked by a pool of each new connection. Not at its start, where PgBouncer refuses `lock_timeout`; and with SHOW, which no function can replace. */
export async function greet(client: Pick<Lendable, 'query'>, place: string, isNew: boolean): Promise<void> {
  const answers = await client.query(`set ${LOCK_TIMEOUT}; show server_encoding; show search_path`);
  const [, encoding = '', path = ''] = ([answers].flat() as readonly { rows: readonly object[] }[]).map(({ rows }) =>
    String(Object.values(rows[0] ?? {})[0]),
  );
  if (isNew && !['UTF8', 'SQL_ASCII'].includes(encoding))
    throw new Refusal('config', `the database of ${place} keeps texts as ${encoding}, which lacks many names`, {
      hint: "Make another database: create database NAME template template0 encoding 'UTF8'",
    });
  if (/,\s*"?pg_catalog"?\s*(,|$)/i.test(path))
    throw new Refusal('config', `the search_path of ${place} puts other functions before those of PostgreSQL`, {
      hint: 'Take pg_catalog out of the search_path of the role and the database.',
    });
}
