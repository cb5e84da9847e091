import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/backends/databases.ts'
import { StatementNames } from '../../src/backends/statement-names.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

describe('A statement', () => {
  test('MUST have a name once it has come three times, and keep it', () => {
    const names = new StatementNames()
    expect([1, 2, 3, 4].map(() => names.nameOf('SELECT 1'))).toEqual([undefined, undefined, 'portal_1', 'portal_1'])
  })

  test('MUST NOT share its name with another', () => {
    const names = new StatementNames()
    const given = [1, 2, 3].flatMap(() => ['SELECT 1', 'SELECT 2'].map((text) => names.nameOf(text)))
    expect(given.slice(-2)).toEqual(['portal_1', 'portal_2'])
  })

  test('MUST NOT have a name when so many others have one that a connection would hold too many', () => {
    const names = new StatementNames()
    const given = Array.from({ length: 300 }, (_, index) => [1, 2, 3].map(() => names.nameOf(`SELECT ${index}`)).at(-1))
    expect(given.filter((name) => name !== undefined)).toHaveLength(200)
    expect(new Set(given).size).toBe(201)
  })
})

describe('A database that is reached through something that forgets names', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway({ DATABASE_POOL_SIZE: '1' })
  })
  afterAll(() => gateway[Symbol.asyncDispose]())

  test('MUST go on answering, from then on without names', async () => {
    const { databases } = gateway.app.services
    const ask = () => databases.query('primary', sql`SELECT ${'x'}::text AS value`, { isRepeated: true })
    for (let times = 0; times < 4; times++) expect(await ask()).toEqual([{ value: 'x' }])
    const named = sql`SELECT count(*)::int AS names FROM pg_prepared_statements`
    expect(await databases.query('primary', named)).toEqual([{ names: 1 }])
    await databases.primary.query('DEALLOCATE ALL')
    expect(await ask()).toEqual([{ value: 'x' }])
    expect(await ask()).toEqual([{ value: 'x' }])
    expect(await databases.query('primary', named)).toEqual([{ names: 0 }])
  })
})
