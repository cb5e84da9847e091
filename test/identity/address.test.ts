import { describe, expect, test } from 'vitest'
import { addressBlock, isNetwork, normalizeAddress } from '../../src/identity/address.ts'

describe('An address', () => {
  test.each([
    ['an IPv4 address', '10.0.0.1', '10.0.0.1'],
    ['an IPv4 address mapped into IPv6', '::ffff:10.0.0.1', '10.0.0.1'],
    ['the same in hexadecimal', '::FFFF:0a00:1', '10.0.0.1'],
    ['the same without abbreviation', '0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
    ['an IPv6 address', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['an IPv6 address with a zone', 'fe80::1%eth0', 'fe80::1'],
    ['an IPv4 address mapped into IPv6 with a zone', '::ffff:10.0.0.1%1', '10.0.0.1'],
    ['the loopback', '::1', '::1'],
    ['an IPv4-compatible IPv6 address, which is not a mapped one', '::10.0.0.1', '::10.0.0.1'],
    ['IPv4 translated by NAT64, which is not a mapped one', '64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ])('MUST have one spelling: %s', (_, text, expected) => {
    expect(normalizeAddress(text)).toBe(expected)
  })

  test.each([
    '',
    'localhost',
    '010.0.0.1',
    '10.1',
    '0x0a.0.0.1',
    '167772161',
    '10.0.0.1/8',
    '10.0.0.256',
    ' 10.0.0.1',
    '10.0.0.1:80',
    '[::1]',
    '::ffff:010.0.0.1',
    '1:2:3',
    '%eth0',
    '10.0.0.1%eth0',
    '10.0.0.1\0',
    "'; DROP TABLE x; --",
    '10.0.0.1, 10.0.0.2',
  ])('MUST NOT be read from %j', (text) => {
    expect(normalizeAddress(text)).toBeNull()
  })
})

describe('A network', () => {
  test.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::/0', '2001:db8::/128', '::ffff:10.0.0.0/104'])(
    'MAY be %s',
    (text) => {
      expect(isNetwork(text)).toBe(true)
    },
  )

  test.each([
    '',
    '/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '::/129',
    '10.0.0.0/8/8',
    '10/8',
    'fe80::1%eth0/64',
    '10.0.0.0/8 ',
  ])('MUST NOT be %j', (text) => {
    expect(isNetwork(text)).toBe(false)
  })
})

describe('What counts as one client', () => {
  test.each([
    ['an IPv4 address is itself', '10.0.0.1', '10.0.0.1'],
    ['an IPv6 address is its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['zeros that are left out count', '2001:db8::1', '2001:db8:0:0'],
    ['also at the start', '::1', '0:0:0:0'],
    ['also at the end', '2001:db8:1:2::', '2001:db8:1:2'],
  ])('%s', (_, address, expected) => {
    expect(addressBlock(address)).toBe(expected)
  })
})
