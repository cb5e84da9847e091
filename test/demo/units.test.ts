import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { dateText, dayOf, moment, timestamp } from '../../src/demo/clock.ts'
import { copyLine } from '../../src/demo/copy.ts'
import { amountText, convert, decimalText, divideRounded, millionths } from '../../src/demo/decimal.ts'
import { demoProgress } from '../../src/demo/progress.ts'
import { createChooser, createRandom } from '../../src/demo/random.ts'
import { uuidOf } from '../../src/demo/uuid.ts'

describe('decimals', () => {
  test.each([
    ['12', 12_000_000n],
    ['0.5', 500_000n],
    ['0.000001', 1n],
    ['1.1642', 1_164_200n],
  ])('%s is a whole number of millionths', (text, value) => {
    expect(millionths(text)).toBe(value)
  })

  test.each(['', 'x', '-1', '1.0000001', '1e3', '.5'])('%j is no amount', (text) => {
    expect(() => millionths(text)).toThrow(RangeError)
  })

  test('divide half up', () => {
    expect([divideRounded(1n, 2n), divideRounded(5n, 10n), divideRounded(49n, 100n), divideRounded(7n, 2n)]).toEqual([
      1n,
      1n,
      0n,
      4n,
    ])
  })

  test('print with a fixed scale, or without trailing zeros', () => {
    expect([decimalText(0n, 5), decimalText(-12n, 5), decimalText(1234567n, 5)]).toEqual([
      '0.00000',
      '-0.00012',
      '12.34567',
    ])
    expect([amountText(0n), amountText(1_500_000n), amountText(100_000_000n), amountText(1n)]).toEqual([
      '0',
      '1.5',
      '100',
      '0.000001',
    ])
  })

  test('convert between currencies, rounded to the places asked for', () => {
    expect(convert(millionths('1'), millionths('1'), millionths('3'), 6)).toBe(333_333n)
    expect(convert(millionths('1'), millionths('1'), millionths('3'), 4)).toBe(333_300n)
  })
})

describe('random numbers', () => {
  test('repeat for the same seeds and differ for neighbouring ones', () => {
    const first = (...seeds: number[]) => createRandom(...seeds).hex(32)
    expect(first(1, 20_000)).toBe(first(1, 20_000))
    expect(new Set([first(1, 20_000), first(1, 20_001), first(2, 20_000), first(20_000, 1)]).size).toBe(4)
  })

  test('are spread evenly, and normally where asked', () => {
    const random = createRandom(1)
    const mean = (draw: () => number) => Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b, 0) / 20_000
    expect(mean(random.next)).toBeCloseTo(0.5, 1)
    expect(mean(random.normal)).toBeCloseTo(0, 1)
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1)
  })

  test('choose by weight', () => {
    const choose = createChooser(['never', 'rarely', 'often'], (item) => ({ never: 0, rarely: 1, often: 9 })[item] ?? 0)
    const random = createRandom(1)
    const chosen = Array.from({ length: 2000 }, () => choose(random))
    const share = (item: string) => chosen.filter((other) => other === item).length / chosen.length
    expect(share('never')).toBe(0)
    expect(share('rarely')).toBeCloseTo(0.1, 1)
  })
})

describe('moments', () => {
  test('keep microseconds', () => {
    const at = moment(new Date('2026-07-30T14:23:45.678Z')) + 9
    expect(timestamp(at)).toBe('2026-07-30T14:23:45.678009+00')
    expect(dateText(at)).toBe('2026-07-30')
    expect(dayOf(at)).toBe(20_664)
  })
})

describe('uuids', () => {
  test('depend on kind and id only', () => {
    expect(uuidOf('account', 1)).toBe(uuidOf('account', 1))
    expect(uuidOf('account', 1)).not.toBe(uuidOf('invoice', 1))
    expect(uuidOf('account', 1)).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})

describe('lines for COPY', () => {
  test('escape what would end a value, and tell null from empty', () => {
    expect(copyLine([1, null, '', 'a\tb', 'c\\d', 'e\nf', true, false])).toBe('1\t\\N\t\ta\\tb\tc\\\\d\te\\nf\tt\tf\n')
  })
})

describe('progress', () => {
  const outputOf = (isTTY: boolean) => {
    const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
    const progress = demoProgress(stream)
    for (let done = 0; done <= 1000; done++) progress.report(done, 1000, done < 900 ? 'calls' : 'invoices')
    progress.stop()
    return String(stream.read() ?? '')
  }

  test('is a line for every tenth without a terminal', () => {
    const lines = outputOf(false).trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect([lines[0], lines[5], lines[10]]).toEqual([
      'Demo data: 0 % (calls)',
      'Demo data: 50 % (calls)',
      'Demo data: 100 % (invoices)',
    ])
  })

  test('is nothing when nothing was reported', () => {
    const stream = new PassThrough({ encoding: 'utf8' })
    demoProgress(stream).stop()
    expect(stream.read()).toBeNull()
  })
})
