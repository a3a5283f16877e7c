/**
 * An engine as the rest of the store sees it: a Kysely instance and the few things in which the engines differ, named as capabilities (after
 * kysely's own dialects). sqlite.ts and postgres.ts each make one; no other code may ask which engine it uses, except to show its name.
 */
import type { RawBuilder } from 'kysely';
import type { Refusal } from '../errors.js';
import type { Db } from './schema/directory.js';

/** Names of columns, and how they are made. */
export type Computed = readonly (readonly [name: string, made: string])[];

/** What migrations and queries need to know of a dialect. */
export interface SchemaTraits {
  /** Column type for raw bytes. */
  readonly bytes: 'blob' | 'bytea';
  /** Collation under which prefix ranges of folded keys are plain byte order. */
  readonly keyCollation: string;
  /** Appended to `create table`: strict typing where the engine has it. */
  readonly tableEnd: string;
  /** A column computed from one member of the canonical JSON in `body` (`path` such as `by.id`). */
  bodyColumn(path: string, type: 'text' | 'integer'): string;
  /** A column of bytes, read as lower-case hex. */
  asHex(column: string): RawBuilder<string>;
  /** A statement that names those of the tables that are missing, have another unique index, or whose rows something else shows, finds or changes: views, rules, triggers, row security, other computed columns. The last row of a table counts. */
  tricks(uniques: Readonly<Record<string, string>>, derived: Computed): string;
  /** A statement whose rows are other than `ok` where an index of the table does not fit its rows; undefined if nobody can change one alone. */
  readonly indexCheck?: (table: string) => string;
  /** SQL for the texts of a group, joined with commas. */
  joined(expression: string): string;
  /** The engine's own time in ms; null where it is the machine's. */
  readonly serverTime: RawBuilder<number | null>;
  /** A source of rows (k, v), one for each member of a JSON object of texts, for a join. */
  pairs(json: string): RawBuilder<unknown>;
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  readonly db: Db;
  readonly traits: SchemaTraits;
  /** Takes the write lock if `begin` did not, before the transaction sees anything. */
  lock(tx: Db): Promise<void>;
  /** A number that another connection's commit changes, asked inside a transaction; undefined if the engine has none. */
  readonly changedBy?: () => number;
  /** Says whether the schema stays as it is from now on, so that statements may be prepared. */
  readonly schemaStays?: (stays: boolean) => void;
  /** Turns an engine's own error into a refusal; undefined if it is a bug of ours. */
  refusalOf(error: unknown): Refusal | undefined;
  /** Waits, in ms, before each further look for a commit whose answer was lost. */
  readonly lookAgainMs: readonly number[];
  /** After a secret was destroyed: removes its copies from the engine's own log file (T9). */
  forgetDeleted(): Promise<void>;
  /** Makes a consistent copy of the whole store while others write. Replaces a store that is already in `file`. */
  backup(file: string): Promise<void>;
  /** Size of the store. */
  bytes(): Promise<number>;
  /** Takes the rows of a backup, if the head of the log still has this tag; false if others wrote meanwhile. Only of embedded stores. */
  replaceBy?(backup: string, head: string): Promise<boolean>;
  /** Bytes left on the disk of the store; null if it is another machine's. */
  bytesFree(): number | null;
  /** Where the store is, without credentials. */
  readonly place: string;
  close(): Promise<void>;
}
