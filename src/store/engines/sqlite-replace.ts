/** Puts the rows of a backup in the place of a store's, in one transaction, so that no entry of another process is lost in between. */

/** A connection to the store. */
interface Rows {
  exec(text: string): unknown;
  /** The first column of each row. */
  column(text: string, values: readonly string[]): readonly string[];
  /** Under the write lock. */
  locked(work: () => boolean): boolean;
}

const TABLES = `select name from main.sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'`;

/** Only if the head of the log still has this tag. False if another process wrote meanwhile; nothing is changed then. Both have the same schema. */
export function replaceRows(store: Rows, backup: string, head: string): boolean {
  store.exec('pragma foreign_keys = OFF');
  store.exec(`attach database '${backup.replaceAll("'", "''")}' as backup`);
  return store.locked(() => {
    if (store.column('select mac from main.audit_head', [])[0] !== head) return false;
    for (const table of store.column(TABLES, [])) {
      const columns = store.column('select name from pragma_table_info(?)', [table]).map((name) => `"${name}"`);
      store.exec(`delete from main."${table}"`);
      store.exec(`insert into main."${table}" (${columns}) select ${columns} from backup."${table}"`);
    }
    return true;
  });
}
