/** Are the rows of every table those that the desk wrote last (B86)? */
import type { Finding } from '../../house.js';
import { tableFault } from '../../rules/table-fault.js';
import type { StoreCheck } from './check.js';

export const checkTables: StoreCheck = {
  subject: 'Tables',
  look: async ({ store }) => {
    let rows = 0;
    const faults = await store.tableFaults((count) => {
      rows += count;
    });
    if (faults.length === 0)
      return [{ subject: 'Tables', state: 'ok', text: `${rows} rows are those that the desk wrote` }];
    const mend = 'keep the store as it is and tell your lead; a backup shows the original rows';
    return faults.map((fault): Finding => ({ subject: 'Tables', state: 'wrong', text: tableFault(fault), mend }));
  },
};
