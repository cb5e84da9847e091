import bcrypt from 'bcrypt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sql } from '../../src/backends/databases.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { startPortal, type Portal } from './support/portal.ts'

let portal: Portal
let identity: Identity
const here = '203.0.113.5'
const start = 1_800_000_000_000
// Whether a password is right is not the question here, so no time is spent on it.
const compare = vi.spyOn(bcrypt, 'compare')

beforeAll(async () => {
  portal = await startPortal()
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  identity = portal.identity()
  await portal.databases.query('primary', sql`DELETE FROM portal.rate_limits`)
  compare.mockReset().mockImplementation((password) => Promise.resolve(password === 'right'))
})
afterEach(() => vi.useRealTimers())

/** The code of each refusal, in order; 'in' for a sign-in that went well. */
async function outcome(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => 'in',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )
}

async function fail(times: number, login = 'anna', address = here): Promise<unknown[]> {
  const outcomes: unknown[] = []
  for (let i = 0; i < times; i++) outcomes.push(await outcome(identity.signIn(login, 'wrong', address)))
  return outcomes
}

describe('After ten failures for a login from an address within five minutes', () => {
  test('the next MUST be refused without looking at the password, and told when to come back', async () => {
    expect(await fail(10)).toEqual(Array(10).fill('UNAUTHENTICATED'))
    compare.mockClear()
    vi.setSystemTime(start + 60_000)
    await expect(identity.signIn('anna', 'right', here)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      extensions: { retryAfter: 240 },
    })
    expect(compare).not.toHaveBeenCalled()
  })

  test('the next MUST be let through when the five minutes have passed', async () => {
    await fail(11)
    vi.setSystemTime(start + 299_000)
    expect(await outcome(identity.signIn('anna', 'right', here))).toBe('RATE_LIMITED')
    vi.setSystemTime(start + 300_000)
    expect(await outcome(identity.signIn('anna', 'right', here))).toBe('in')
  })

  test('the login MUST still be open from another address, and the address for another login', async () => {
    await fail(10)
    expect(await outcome(identity.signIn('anna', 'right', '203.0.113.6'))).toBe('in')
    expect(await outcome(identity.signIn('ben', 'right', here))).toBe('UNAUTHENTICATED')
    expect(await outcome(identity.signIn('anna', 'right', here))).toBe('RATE_LIMITED')
  })

  test('every gateway process MUST know', async () => {
    await fail(10)
    expect(await outcome(portal.identity().signIn('anna', 'right', here))).toBe('RATE_LIMITED')
  })

  test('the same address in another spelling MUST be the same', async () => {
    await fail(10, 'anna', '::ffff:203.0.113.5')
    expect(await outcome(identity.signIn('anna', 'right', here))).toBe('RATE_LIMITED')
  })

  test('another address of the same IPv6 network MUST be the same, of another network not', async () => {
    await fail(10, 'anna', '2001:db8:1:2::1')
    expect(await outcome(identity.signIn('anna', 'right', '2001:db8:1:2:ffff::9'))).toBe('RATE_LIMITED')
    expect(await outcome(identity.signIn('anna', 'right', '2001:db8:1:3::1'))).toBe('in')
  })

  test('an administrator of that name MUST NOT be concerned', async () => {
    await fail(10, 'root')
    expect(await outcome(identity.adminSignIn('root', 'right', here))).toBe('in')
  })
})

test('A login that does not exist MUST be limited alike', async () => {
  expect((await fail(11, 'nobody')).at(-1)).toBe('RATE_LIMITED')
  expect((await fail(11, `nobody\0${'x'.repeat(100_000)}`)).at(-1)).toBe('RATE_LIMITED')
})

test('An administrator MUST be limited alike', async () => {
  const outcomes: unknown[] = []
  for (let i = 0; i < 11; i++) outcomes.push(await outcome(identity.adminSignIn('root', 'wrong', here)))
  expect(outcomes).toEqual([...Array<string>(10).fill('UNAUTHENTICATED'), 'RATE_LIMITED'])
})

test('A hundred attempts at once MUST NOT get more than ten looks at the password', async () => {
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(identity.signIn('anna', 'wrong', here))))
  expect(outcomes.filter((each) => each === 'UNAUTHENTICATED')).toHaveLength(10)
  expect(compare).toHaveBeenCalledTimes(10)
})

test('Successful sign-ins MUST NOT count', async () => {
  await fail(9)
  for (let i = 0; i < 20; i++) expect(await outcome(identity.signIn('anna', 'right', here))).toBe('in')
  expect(await fail(2)).toEqual(['UNAUTHENTICATED', 'RATE_LIMITED'])
})

test('After a hundred failures from one address every login MUST wait there, and none elsewhere', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 101 }, (_, i) => outcome(identity.signIn(`login-${i}`, 'wrong', here))),
  )
  expect(outcomes.filter((each) => each === 'RATE_LIMITED')).toHaveLength(1)
  expect(await outcome(identity.signIn('anna', 'right', here))).toBe('RATE_LIMITED')
  expect(await outcome(identity.adminSignIn('root', 'right', here))).toBe('RATE_LIMITED')
  expect(await outcome(identity.signIn('anna', 'right', '203.0.113.6'))).toBe('in')
})

test('Addresses that cannot be told MUST be limited together', async () => {
  await fail(5, 'anna', '')
  expect((await fail(6, 'anna', 'unknown')).at(-1)).toBe('RATE_LIMITED')
})

test('What is kept MUST tell neither login nor address, and be forgotten after its time', async () => {
  await fail(1)
  const rows = (): Promise<{ key: string }[]> =>
    portal.databases.query('primary', sql`SELECT key FROM portal.rate_limits`)
  expect(await rows()).toHaveLength(2)
  expect((await rows()).map(({ key }) => key).join()).toMatch(
    /^sign-in(-address)?:[0-9a-f]{64},sign-in(-address)?:[0-9a-f]{64}$/,
  )
  vi.setSystemTime(start + 301_000)
  await fail(1, 'ben', '203.0.113.6')
  expect(await rows()).toHaveLength(2)
})

test('While failures cannot be counted nobody MUST be let in', async () => {
  await portal.databases.query('primary', sql`ALTER TABLE portal.rate_limits RENAME TO away`)
  try {
    await expect(identity.signIn('anna', 'right', here)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The data is not available right now. Try again later.',
    })
    expect(compare).not.toHaveBeenCalled()
  } finally {
    await portal.databases.query('primary', sql`ALTER TABLE portal.away RENAME TO rate_limits`)
  }
})
