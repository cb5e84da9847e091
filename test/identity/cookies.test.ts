import { describe, expect, test } from 'vitest'
import { clearedCookie, cookieToken, sessionCookie } from '../../src/identity/cookies.ts'

const issued = { token: 'a.b.c', expiresAt: new Date('2026-07-01T12:00:00Z') }

describe('The session cookie', () => {
  test('MUST have Yeti’s name and attributes for a customer', () => {
    expect(sessionCookie('customer', issued, false)).toBe(
      '_yeti_customer_v1_session=a.b.c; Path=/; Expires=Wed, 01 Jul 2026 12:00:00 GMT; HttpOnly; SameSite=Lax',
    )
  })

  test('MUST have a name of its own for an administrator', () => {
    expect(sessionCookie('admin', issued, false)).toMatch(/^_yeti_admin_session=a\.b\.c; /)
  })

  test('MUST be Secure where the gateway is reached by https, and MUST NOT where it is not', () => {
    expect(sessionCookie('customer', issued, true)).toMatch(/; Secure$/)
    expect(sessionCookie('customer', issued, false)).not.toContain('Secure')
  })

  test('MUST end with the browser where tokens never expire', () => {
    expect(sessionCookie('customer', { ...issued, expiresAt: null }, false)).not.toContain('Expires')
  })

  test('MUST be cleared by Yeti’s value and the epoch', () => {
    expect(clearedCookie('customer', true)).toBe(
      '_yeti_customer_v1_session=logout; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax; Secure',
    )
  })
})

describe('A Cookie header', () => {
  test.each([
    ['alone', '_yeti_customer_v1_session=a.b.c', { audience: 'customer', token: 'a.b.c' }],
    ['among others', 'x=1;_yeti_customer_v1_session=a.b.c;y=2', { audience: 'customer', token: 'a.b.c' }],
    ['of an administrator', '_yeti_admin_session=a.b.c', { audience: 'admin', token: 'a.b.c' }],
    [
      'the customer’s of both',
      '_yeti_admin_session=x; _yeti_customer_v1_session=a.b.c',
      { audience: 'customer', token: 'a.b.c' },
    ],
    ['the first of two', '_yeti_admin_session=a.b.c; _yeti_admin_session=x', { audience: 'admin', token: 'a.b.c' }],
    [
      'the one that is not empty',
      '_yeti_customer_v1_session=; _yeti_admin_session=a.b.c',
      { audience: 'admin', token: 'a.b.c' },
    ],
    ['with an equals sign in it', '_yeti_admin_session=a=b', { audience: 'admin', token: 'a=b' }],
  ])('gives the token: %s', (_, header, expected) => {
    expect(cookieToken(header)).toEqual(expected)
  })

  test.each([
    '',
    ';;;',
    '=',
    '_yeti_customer_v1_session',
    'x_yeti_customer_v1_session=a',
    '_YETI_CUSTOMER_V1_SESSION=a',
    '__proto__=a',
  ])('gives none: %j', (header) => {
    expect(cookieToken(header)).toBeNull()
  })
})
