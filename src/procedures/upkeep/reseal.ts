/** One chunk of a change of keys: opens values and seals them again, tags rows again, and names what it could not change. */
import type { Desk, SealedValue, Writes } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import { type SealedAt, sealedPlace } from './sealed-columns.js';

interface Page {
  readonly after: string;
  readonly limit: number;
}

interface Chunk {
  /** Where to continue; undefined at the end. */
  readonly last: string | undefined;
  readonly count: number;
}

/** Twenty examples are enough to show the damage. */
const KEPT = 20;

export class Reseal {
  readonly #vault: Desk['vault'];
  readonly #keyId: string;
  /** In words. It is a set, because the same row can be met twice, for its value and for its tag. */
  readonly #damaged = new Set<string>();
  #sealed = 0;
  #tagged = 0;

  /** The vault seals under `keyId`, and opens what was sealed under the key before. */
  constructor(vault: Desk['vault'], keyId: string) {
    this.#vault = vault;
    this.#keyId = keyId;
  }

  get done(): { readonly sealed: number; readonly tagged: number } {
    return { sealed: this.#sealed, tagged: this.#tagged };
  }

  async column(sealed: Writes['sealed'], at: SealedAt, page: Page): Promise<Chunk> {
    const values = await sealed.otherThan(this.#keyId, at, page);
    const again = values.flatMap((value) => this.#sealAgain(at, value));
    const changed = await sealed.replace(at, again);
    this.#noteChanged(at.table, changed);
    const count = again.length - changed.length;
    this.#sealed += count;
    return { last: values.length < page.limit ? undefined : values.at(-1)?.id, count };
  }

  async tags(sealed: Writes['sealed'], table: string, page: Page): Promise<Chunk> {
    const { last, count, changed } = await sealed.retag(table, this.#keyId, page);
    this.#noteChanged(table, changed);
    this.#tagged += count;
    return { last: count + changed.length < page.limit ? undefined : last, count };
  }

  throwIfDamaged(): void {
    const { size } = this.#damaged;
    if (size === 0) return;
    throw refusal('store-corrupt', 'rekey-damaged', { values: size }, 'mend-and-rekey', {
      problems: [...this.#damaged].slice(0, KEPT).map((message) => ({ message })),
    });
  }

  #sealAgain(at: SealedAt, value: SealedValue): { id: string; blob: string }[] {
    const place = sealedPlace(at, value);
    try {
      const plaintext = this.#vault.open(at.purpose, place, value.blob);
      return [{ id: value.id, blob: this.#vault.seal(at.purpose, place, plaintext) }];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#damaged.add(error.message);
      return [];
    }
  }

  #noteChanged(table: string, ids: readonly string[]): void {
    for (const id of ids) this.#damaged.add(`The row ${id} of ${table} was changed by another hand.`);
  }
}
