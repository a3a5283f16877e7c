/** Giving and taking scopes by what they mean (B07, B99). */
import { describe, expect, it } from 'vitest';
import { withoutScope, withScope } from '../../src/rules/scope-change.js';

describe('scopes given and taken', () => {
  it.each([
    [['billing', 'phone-system'], 'billing', ['phone-system']],
    [['billing:change', 'billing:inquiry', 'phone-system'], 'billing', ['phone-system']],
    [['billing', 'billing:change'], 'billing', []],
    [['billing:change', 'billing:inquiry'], 'billing:change', ['billing:inquiry']],
    [['phone-system'], 'billing', ['phone-system']],
    [['phone-system'], 'billing:change', ['phone-system']],
    // A name that only begins alike is another category.
    [['billing-extra:change'], 'billing', ['billing-extra:change']],
  ])('B99 of %j, taking %s leaves %j', (held, scope, left) => expect(withoutScope(held, scope)).toEqual(left));

  it.each([
    [['billing'], 'billing:change'],
    [['billing', 'billing:change'], 'billing:change'],
  ])('B99 of %j, %s alone cannot be taken: the category would leave the power', (held, scope) =>
    expect(withoutScope(held, scope)).toBe('inside-category'),
  );

  it.each([
    [[], 'billing', ['billing']],
    [['billing'], 'billing:change', ['billing']],
    [['billing:change', 'phone-system'], 'billing', ['billing', 'phone-system']],
    [['billing:change'], 'billing:inquiry', ['billing:change', 'billing:inquiry']],
  ])('B07 to %j, giving %s makes %j', (held, scope, all) => expect(withScope(held, scope)).toEqual(all));
});
