import { describe, expect, it } from 'vitest'
import { Latest } from '../../src/latest.ts'

describe('a stream of the latest', () => {
  it('MUST keep one value however many were put, and hand out the newest', async () => {
    const latest = new Latest<number>()
    for (let value = 0; value < 100_000; value++) latest.put(value)
    expect(await latest.next()).toEqual({ value: 99_999, done: false })
    const waiting = latest.next()
    latest.put(1)
    latest.put(2)
    expect(await waiting).toEqual({ value: 1, done: false })
    expect(await latest.next()).toEqual({ value: 2, done: false })
  })

  it('MUST end after its last value, dropping what waited', async () => {
    const latest = new Latest<string>()
    latest.put('dropped')
    latest.finish({ value: 'last' })
    latest.put('too late')
    latest.finish({ value: 'too late' })
    expect(await latest.next()).toEqual({ value: 'last', done: false })
    expect(await latest.next()).toEqual({ value: undefined, done: true })
  })

  it('MUST fail once, and be over then', async () => {
    const latest = new Latest<string>()
    latest.put('dropped')
    latest.fail(new Error('broken'))
    await expect(latest.next()).rejects.toThrow('broken')
    expect(await latest.next()).toEqual({ value: undefined, done: true })
  })

  it.each([
    ['returns', (latest: Latest<string>) => latest.return()],
    ['is ended', (latest: Latest<string>) => latest.finish()],
  ])('MUST let go of a reader that waits when it %s, and close once', async (_name, end) => {
    let closed = 0
    const latest = new Latest<string>(() => void (closed += 1))
    const waiting = latest.next()
    end(latest)
    end(latest)
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect([latest.finished, closed]).toEqual([true, 1])
  })

  it('MUST tell a reader that returns nothing more, not even the last value', async () => {
    const latest = new Latest<string>()
    latest.finish({ value: 'last' })
    await latest.return()
    expect(await latest.next()).toEqual({ value: undefined, done: true })
  })
})
