import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentOf } from '../permissions/support/document.ts'
import { takeSample } from '../permissions/support/sample.ts'
import { everyObjectById, rootSelections, type Selection } from '../permissions/support/selections.ts'
import type { Answer } from '../support/gateway.ts'
import { logins, startTenants, type Tenants } from './support.ts'

// All that the schema has, asked for by everybody: a new field is covered without anyone remembering.

let tenants: Tenants
/** What alice may ask for, by her own accounts and ids. */
let alices: { roots: Selection[]; objects: Selection[] }

beforeAll(async () => {
  tenants = await startTenants()
  const sample = await takeSample(tenants.gateway, tenants.token('alice'))
  alices = { roots: rootSelections(sample), objects: everyObjectById(sample) }
})
afterAll(() => tenants[Symbol.asyncDispose]())

function ask(token: string, selections: readonly Selection[]): Promise<Answer> {
  return tenants.gateway.ask(documentOf(selections), { token })
}

/** The same for whoever has signed in. */
const reference = /^(?:Country|Network|NetworkType|NetworkPrefix)$/
/** Of several customers: groups of rates are in plans of all of them. */
const shared = /^Rate$/

function isCommon(type: string): boolean {
  return reference.test(type) || shared.test(type)
}

/** The rows of a field at the root: null, an object, a list of either, or a connection. */
function rowsIn(value: unknown): { __typename: string }[] {
  const found = [value].flat().filter((each) => each !== null) as { __typename: string; nodes?: unknown }[] // as asked
  return found.flatMap((each) => (each.nodes === undefined ? [each] : rowsIn(each.nodes)))
}

/** The ids of all objects in an answer, which name their type too. */
function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => (/^(?:id|accountId)$/.test(key) ? [String(item)] : idsIn(item)))
}

/** Rows with lists below them are few. */
function size({ below }: Selection): number {
  return JSON.stringify(below).includes('first: 3') ? 50 : 500
}

async function everythingOf(login: string): Promise<string[]> {
  const sample = await takeSample(tenants.gateway, tenants.token(login))
  const ids = new Set<string>()
  for (const root of rootSelections(sample)) {
    const { data, errors } = await ask(tenants.token(login), [{ ...root, args: root.args.replace('first: 3', `first: ${size(root)}`) }])
    expect(errors).toBeUndefined()
    for (const id of idsIn(data)) ids.add(id)
  }
  return [...ids].filter((id) => !isCommon(Buffer.from(id, 'base64').toString().split(':')[0] ?? ''))
} // prettier-ignore

test('Nothing that one customer sees MUST be seen by the other, and by frank nothing but what alice sees', async () => {
  const [alice, frank, erin] = await Promise.all(logins.map(everythingOf))
  expect(alice?.length).toBeGreaterThan(500)
  expect(erin?.length).toBeGreaterThan(500)
  expect(alice?.filter((id) => erin?.includes(id))).toEqual([])
  expect(frank?.filter((id) => erin?.includes(id))).toEqual([])
  const accounts = (ids: readonly string[] = []) => ids.filter((id) => id.startsWith('QWNjb3VudD'))
  expect(accounts(frank)).toEqual([await tenants.accountId(202)])
  expect(accounts(alice)).toHaveLength(4)
})

test('Whatever alice asks for by an account or an id MUST be nothing to erin, and no error of the gateway’s', async () => {
  const token = tenants.token('erin')
  for (const object of alices.objects) {
    const { status, data, errors } = await ask(token, [object])
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    expect(rowsIn(data[object.key]).filter(({ __typename }) => !isCommon(__typename))).toEqual([])
  }
  const byAnother = alices.roots.filter(({ args }) => /(?:account|rateplan)Id/.test(args))
  expect(byAnother.map(({ field }) => field)).toContain('checkRate')
  for (const root of byAnother) {
    const { data, errors } = await ask(token, [root])
    expect(data).toEqual({ [root.key]: null })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  }
})

describe('An administrator', () => {
  test('MUST see no rows of customers: not in a list, not by an id', async () => {
    const { data } = await tenants.gateway.ask(
      'mutation { adminSignIn(username: "admin", password: "admin-demo") { token viewer { kind } } }',
    )
    expect(data.adminSignIn.viewer.kind).toBe('ADMIN')
    for (const selection of [...alices.roots, ...alices.objects]) {
      const answer = await ask(data.adminSignIn.token, [selection])
      expect(rowsIn(answer.data[selection.key]).filter(({ __typename }) => !reference.test(__typename))).toEqual([])
      for (const { extensions } of answer.errors ?? []) expect(extensions.code).toBe('FORBIDDEN')
    }
  })
})

describe('Nobody', () => {
  test('MUST see any rows, and be asked to sign in', async () => {
    for (const selection of [...alices.roots, ...alices.objects]) {
      const { status, data, errors } = await ask('', [selection])
      expect({ status, data }).toEqual({ status: 200, data: { [selection.key]: null } })
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
    }
  })
})
