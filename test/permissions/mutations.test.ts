import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import type { Sample } from './support/arguments.ts'
import { ask, coordinatesWithValue, denialsOf, keyOf } from './support/asking.ts'
import { expectedDenials } from './support/expectation.ts'
import { startPortal } from './support/portal.ts'
import { flagsOf, guardedFields, guardingFlags } from './support/published.ts'
import { takeSample } from './support/sample.ts'
import { fieldsOf, objectNamed, selected, type Selection } from './support/selections.ts'

// Each mutation runs for real here, and everything of what it answers is asked for.

let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let sample: Sample
let directory: string
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mutations-'))
  const keyFile = join(directory, 'key.pem')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  gateway = await startPortal({ CALL_TOKEN_KEY_FILE: keyFile })
  login = await gateway.login('tester')
  sample = await takeSample(gateway, login.token)
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const id = (type: string) => JSON.stringify(sample.ids[type])
const freshKey = () => `"77${++count}"`

/** Right arguments for each mutation that a flag guards, others each time where it takes something only once. */
const right: Readonly<Record<string, () => Promise<string> | string>> = {
  createCallToken: () => '',
  createCryptomusPayment: () => `(input: { accountId: ${id('Account')}, amount: "25" })`,
  createOutgoingCdrExport: async () => {
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Completed' WHERE status = 'Pending'`)
    const period = 'timeStartGte: "2026-01-01T00:00:00Z", timeStartLt: "2026-02-01T00:00:00Z"'
    return `(input: { accountId: ${id('Account')}, filters: { ${period} } })`
  },
  createOutgoingNumberlistItem: () =>
    `(input: { outgoingNumberlistId: ${id('OutgoingNumberlist')}, key: ${freshKey()} })`,
  createOutgoingNumberlistItems: () =>
    `(input: { outgoingNumberlistId: ${id('OutgoingNumberlist')}, keys: [${freshKey()}, ${freshKey()}] })`,
  updateOutgoingNumberlistItem: () => `(id: ${id('OutgoingNumberlistItem')}, input: { key: ${freshKey()} })`,
  deleteOutgoingNumberlistItem: async () => `(id: "${await newItem()}")`,
}

async function newItem(): Promise<string> {
  const list = Buffer.from(sample.ids['OutgoingNumberlist'] ?? '', 'base64')
    .toString()
    .split(':')[1]
  const { rows } = await gateway.primary.query<{ id: string }>(
    'INSERT INTO class4.numberlist_items (numberlist_id, key) VALUES ($1, $2) RETURNING id',
    [list, `88${++count}`],
  )
  return Buffer.from(`OutgoingNumberlistItem:${rows[0]?.id}`).toString('base64')
}

const guarded = fieldsOf(objectNamed('Mutation')).filter((field) => flagsOf(field).length > 0)

async function mutation(name: string): Promise<Selection> {
  const field = guarded.find((each) => each.name === name)
  if (!field) throw new TypeError(`No mutation ${name}`)
  return { ...selected('Mutation', field, sample), args: (await right[name]?.()) ?? '' }
}

test('Each mutation that a flag guards MUST be run here', () => {
  expect(guarded.map(({ name }) => name).sort()).toEqual(Object.keys(right).sort())
})

test('Each flag MUST have something that it opens, in a query or in a mutation', () => {
  const opened = new Set(guardedFields.flatMap(({ flags }) => flags))
  expect(guardingFlags.filter((flag) => !opened.has(flag))).toEqual([])
})

describe.each(Object.keys(right))('%s', (name) => {
  test('MUST answer all that it has while every flag is on', async () => {
    await login.set(only(...guardingFlags.map(keyOf)))
    const asked = await mutation(name)
    const answer = await ask(gateway, [asked], 'as they are called', login)
    expect(answer.errors).toBeUndefined()
    expect(coordinatesWithValue([asked], answer.data)).toContain(`Mutation.${name}`)
  })

  test('MUST be denied as a whole or in its parts by each flag that is off, and answer the rest', async () => {
    const field = await mutation(name)
    const flags = new Set(flagsBelow(field))
    expect(flags.size).toBeGreaterThan(0)
    for (const flag of flags) {
      await login.set(allBut(keyOf(flag)))
      const asked = await mutation(name)
      const answer = await ask(gateway, [asked], 'as they are called', login)
      expect(denialsOf(answer)).toEqual(expectedDenials([asked], new Set([flag])))
      if (asked.flags.includes(flag)) expect(answer.data).toEqual({ [name]: null })
      else expect(answer.data[name]).not.toBeNull()
    }
  })

  test('MUST write nothing while its own flag is off', async () => {
    for (const flag of (await mutation(name)).flags) {
      await login.set(allBut(keyOf(flag)))
      const asked = await mutation(name)
      const before = await written()
      await ask(gateway, [asked], 'as they are called', login)
      expect(await written()).toEqual(before)
    }
  })
})

function flagsBelow({ flags, below }: Selection): string[] {
  return [...flags, ...below.flatMap(flagsBelow)]
}

/** All rows that a mutation of a customer could write. */
async function written(): Promise<unknown> {
  const tables = ['class4.numberlist_items', 'sys.cdr_exports', 'billing.payments', 'portal.cdr_exports']
  return Promise.all(
    tables.map(async (table) => (await gateway.primary.query(`SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ${table} t`)).rows),
  )
} // prettier-ignore
