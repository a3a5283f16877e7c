/** A store of a release from before stores were bound to their keys, as that release left it: schema, head, first entry. */
import { canonicalJson } from '../../src/crypto/canonical.js';
import { treeHasher } from '../../src/crypto/digests.js';
import type { Keyring } from '../../src/crypto/keyring.js';
import { makeTag } from '../../src/crypto/tag.js';
import { formerNotary } from '../../src/opening/open-notary.js';
import { appendLeaf, encodeFrontier } from '../../src/rules/audit-tree.js';
import type { Engine } from '../../src/store/engine.js';
import { keysWith } from '../store/rows.js';
import { schemaUntil } from '../store/support.js';

export const FORMER_ID = 'desk_1';

export async function foundFormer(engine: Engine, bound: Keyring, last: string, at: number): Promise<void> {
  const keyring = bound.boundTo('');
  const former = formerNotary(keyring, '');
  await schemaUntil(engine, last, { ...keysWith(former), former });
  const by = { kind: 'system', id: 'countersign', name: 'countersign' };
  const detail = { store: FORMER_ID };
  const body = canonicalJson({ kind: 'desk.founded', outcome: 'done', at, by, detail, v: 1, seq: 0, policy: '' });
  const leaf = Buffer.from(treeHasher.leaf(body));
  await engine.db.insertInto('audit_entries').values({ seq: 0, body, leaf }).execute();
  const frontier = encodeFrontier(appendLeaf(treeHasher, 0, [], leaf));
  const mac = makeTag(keyring, 'mac/audit', JSON.stringify(['head', 1, frontier, at]));
  const head = { id: 1, size: 1, frontier, latest_at: at, mac };
  await engine.db
    .insertInto('audit_head')
    .values(head as typeof head & { sums: string })
    .execute();
  const facts = { 'store-id': FORMER_ID, 'key-id': keyring.keyId };
  for (const [key, value] of Object.entries(facts)) await engine.db.insertInto('meta').values({ key, value }).execute();
}
