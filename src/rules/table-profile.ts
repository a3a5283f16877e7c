/** How the exports of another system name their columns: data/profiles, or remembered by the desk under a name (B90). Pure. */
import * as z from 'zod';

export const isProfileName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,39}$/.test(text);

/** `columns`: headings of each column, the best first. `given`: values of columns that the file does not have. */
export const profileSchema = () =>
  z.object({
    columns: z.record(z.string(), z.array(z.string())).default({}),
    given: z.record(z.string(), z.string()).default({}),
    ignoreOthers: z.boolean().default(false),
    encoding: z.string().optional(),
  });
export type TableProfile = z.infer<ReturnType<typeof profileSchema>>;
