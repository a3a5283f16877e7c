/** Giving and taking scopes by what they mean, not by their names: a category holds its actions (B07, B99). Pure. */

/** `billing` of `billing:change`; a category names itself. */
export const categoryOf = (scope: string): string => scope.split(':', 1)[0] ?? scope;

const isInside = (scope: string, category: string): boolean => scope !== category && categoryOf(scope) === category;

/** Sorted. Unchanged if the scope, or the category around it, is held already. A category replaces its actions. */
export function withScope(held: readonly string[], scope: string): readonly string[] {
  if (held.includes(scope) || held.includes(categoryOf(scope))) return held;
  return [...held.filter((one) => !isInside(one, scope)), scope].sort();
}

/**
 * Sorted. A category goes with its actions. `inside-category` for an action whose whole category is held: without its name the power would
 * still be there.
 */
export function withoutScope(held: readonly string[], scope: string): readonly string[] | 'inside-category' {
  if (scope !== categoryOf(scope) && held.includes(categoryOf(scope))) return 'inside-category';
  return held.filter((one) => one !== scope && !isInside(one, scope)).sort();
}
