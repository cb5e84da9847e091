import { describe, expect, it } from 'vitest'
import { kinds } from '../../src/schema/resource/kinds.ts'

describe('A moment as PostgreSQL prints it', () => {
  it.each([
    ['2026-07-18 13:10:56+00', '2026-07-18T13:10:56.000Z'],
    ['2026-07-18 13:10:56.1+00', '2026-07-18T13:10:56.100Z'],
    ['2026-07-18 13:10:56.123999+00', '2026-07-18T13:10:56.123Z'],
    ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
    ['2026-07-18 15:10:56.5+02', '2026-07-18T13:10:56.500Z'],
    ['2026-07-18 18:40:56+05:30', '2026-07-18T13:10:56.000Z'],
    ['2026-07-18 10:10:56-03', '2026-07-18T13:10:56.000Z'],
  ])('MUST go out in UTC to the millisecond: %s', (text, expected) => {
    expect(kinds.time.read(text)).toBe(expected)
  })

  it.each(['infinity', '-infinity', '0044-03-15 00:00:00+00 BC', '12026-01-01 00:00:00+00'])(
    'MUST be none where DateTime cannot say it: %s',
    (text) => {
      expect(kinds.time.read(text)).toBeNull()
    },
  )
})
