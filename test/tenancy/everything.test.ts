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

/** The ids of all objects in an answer, which name their type too. */
function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => (/^(?:id|accountId)$/.test(key) ? [String(item)] : idsIn(item)))
}

async function everythingOf(login: string): Promise<string[]> {
  const sample = await takeSample(tenants.gateway, tenants.token(login))
  const ids = new Set<string>()
  for (const root of rootSelections(sample)) {
    const { data, errors } = await ask(tenants.token(login), [{ ...root, args: root.args.replace('first: 3', 'first: 500') }])
    expect(errors).toBeUndefined()
    for (const id of idsIn(data)) ids.add(id)
  }
  return [...ids]
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
    expect([data[object.key]].flat().every((found: unknown) => found === null)).toBe(true)
  }
  const byAccount = alices.roots.filter(({ args }) => args.includes('accountId'))
  expect(byAccount).not.toEqual([])
  for (const root of byAccount) {
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
      const found = [answer.data[selection.key]].flat()
      expect(found.every((each: unknown) => each === null)).toBe(true)
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
