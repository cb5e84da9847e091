import bcrypt from 'bcrypt'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hashPassword, verifyPassword } from '../../src/identity/passwords.ts'

const cost = 4
const digest = (password: string): string => bcrypt.hashSync(password, cost)
const compare = vi.spyOn(bcrypt, 'compare')

afterEach(() => compare.mockClear())

describe('A password', () => {
  test('MUST be accepted where it is the one of the digest', async () => {
    expect(await verifyPassword('correct horse', digest('correct horse'), cost)).toBe(true)
  })

  test('MUST be accepted against a digest as Ruby writes it', async () => {
    expect(await verifyPassword('correct horse', digest('correct horse').replace('$2b$', '$2a$'), cost)).toBe(true)
  })

  test('MUST be accepted at the 72 bytes that bcrypt reads, in any script', async () => {
    const longest = 'й'.repeat(36)
    expect(await verifyPassword(longest, digest(longest), cost)).toBe(true)
  })

  test.each<[string, string, string | null]>([
    ['another password', 'battery staple', digest('correct horse')],
    ['the same in capitals', 'CORRECT HORSE', digest('correct horse')],
    ['a digest that is not there', 'correct horse', null],
    ['an empty digest', '', ''],
    ['a digest that is the password itself', 'plain', 'plain'],
    ['a digest that was cut', 'correct horse', digest('correct horse').slice(0, -1)],
    ['an empty password, though it is the one of the digest', '', digest('')],
    ['73 bytes of which bcrypt reads the right 72', 'a'.repeat(73), digest('a'.repeat(72))],
    ['37 letters of two bytes', 'й'.repeat(37), digest('й'.repeat(37))],
    ['one with NUL, though it is the one of the digest', 'correct\0horse', digest('correct\0horse')],
    ['a NUL after the right one', 'correct horse\0', digest('correct horse')],
    ['a megabyte', 'a'.repeat(1_000_000), digest('a'.repeat(72))],
  ])('MUST be refused, after one comparison: %s', async (_, password, stored) => {
    expect(await verifyPassword(password, stored, cost)).toBe(false)
    expect(compare).toHaveBeenCalledOnce()
  })

  test('is compared at the usual cost where there is nothing to compare with', async () => {
    await verifyPassword('x', null, 10)
    expect(compare.mock.lastCall?.[1]).toMatch(/^\$2b\$10\$/)
    expect(await bcrypt.compare('x', compare.mock.lastCall?.[1] ?? '')).toBe(false)
  })
})

describe('The digest of a new password', () => {
  test('MUST be as Ruby writes it at the cost of Yeti, another each time, and fit that password alone', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    for (const made of [one, other]) {
      expect(made).toMatch(/^\$2a\$12\$[./A-Za-z0-9]{53}$/)
      expect(await verifyPassword('correct horse', made, 12)).toBe(true)
      expect(await verifyPassword('correct horsf', made, 12)).toBe(false)
    }
    expect(one).not.toBe(other)
  })

  test.each(['', 'correct\0horse', 'a'.repeat(73), 'й'.repeat(37)])(
    'MUST not be made of what bcrypt does not read whole, nor the refusal repeat it: %j',
    async (password) => {
      const refusal = await hashPassword(password).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(TypeError)
      if (password !== '') expect(String(refusal)).not.toContain(password)
    },
  )
})
