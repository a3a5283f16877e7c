/** Names for how the exports of another system name their columns: data/profiles, or remembered by the desk (B90). Pure. */

export const isProfileName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);
