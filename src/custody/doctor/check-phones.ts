/** Can every phone number on file be dialled? Codes by SMS need that (B96). */
import type { StoreCheck } from './check.js';

const MEND = `set country in the config file and import the directory again, or for one company: countersign account edit NUMBER --country CC`;

export const checkPhones: StoreCheck = {
  subject: 'Phone numbers',
  look: async ({ store }) => {
    const { all, unread } = await store.read.users.countPhones();
    const text = `${unread} of ${all} are not known as they are dialled (+…)`;
    return unread === 0 ? [] : [{ subject: 'Phone numbers', state: 'note', text, mend: MEND }];
  },
};
