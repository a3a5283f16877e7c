/** Makes the JSON documents of commands in few words. */
import { iso } from '../../rules/moment.js';

/** These members, in this order. */
export const pick = <From, Name extends keyof From>(from: From, ...names: readonly Name[]): Pick<From, Name> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<From, Name>;

/** These moments, as scripts read them. */
export const moments = <Name extends string>(
  from: { readonly [One in NoInfer<Name>]: number | null },
  ...names: readonly Name[]
) => Object.fromEntries(names.map((name) => [name, iso(from[name])])) as Record<Name, string | null>;
