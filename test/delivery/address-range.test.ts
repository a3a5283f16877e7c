import { describe, expect, it } from 'vitest';

import { rangeOf } from '../../src/delivery/address-range.js';

describe('whether an address is public', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    '::1',
    'fd00::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::FFFF:10.1.2.3',
    '0:0:0:0:0:ffff:c0a8:101',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
  ])('%s is private', (address) => {
    expect(rangeOf(address)).toBe('private');
  });

  it.each([
    '169.254.169.254',
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '203.0.113.9',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fec0::1',
    '::ffff:169.254.169.254',
    '::ffff:0.0.0.0',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001:0:1::1',
    '::127.0.0.1',
    '::8.8.8.8',
    '',
    'localhost',
    '1.2.3',
    '0x7f.1',
    '127.1',
  ])('%s is never called', (address) => {
    expect(rangeOf(address)).toBe('never');
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '11.0.0.1',
    '100.128.0.1',
    '169.253.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('%s is public', (address) => {
    expect(rangeOf(address)).toBe('public');
  });

  it('teeth: a look at the text alone would have let mapped and short forms through', () => {
    const naive = (address: string) => !/^(10\.|127\.|192\.168\.|169\.254\.)/.test(address);
    expect(naive('::ffff:127.0.0.1')).toBe(true);
    expect(rangeOf('::ffff:127.0.0.1')).not.toBe('public');
  });
});
