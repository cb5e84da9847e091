import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statementsDuring, denialsOf } from '../permissions/support/asking.ts'
import { sorted } from '../permissions/support/expectation.ts'
import { published } from '../permissions/support/published.ts'
import { denialOfUse, manners, operationWith, type Manner, type Use } from '../permissions/support/uses.ts'
import { capabilities, startAdministration, type Administration } from './support/administration.ts'
import { adminUsesOf } from './support/uses.ts'

// Every argument and input field for administrators, used in every way that an operation can use it.

let world: Administration
let uses: Use[]

beforeAll(async () => {
  world = await startAdministration()
  uses = adminUsesOf(world.sample)
})
afterAll(() => world[Symbol.asyncDispose]())

test('Each argument and input field for administrators MUST be used here', () => {
  const used = new Set(uses.map(({ coordinate }) => coordinate))
  const inputs = published.filter(({ kind, marks }) => kind !== 'field' && marks.includes('admin'))
  expect(inputs.length).toBeGreaterThan(100)
  expect(inputs.filter(({ coordinate }) => !used.has(coordinate))).toEqual([])
})

/** What is denied may stand together in one operation, as many as it may have; what is not is asked for alone. */
function inOperations(some: readonly Use[], size: number): Use[][] {
  return ['Query', 'Mutation', 'Subscription'].flatMap((root) => {
    const own = some.filter((use) => use.root === root)
    const each = root === 'Subscription' ? 1 : size
    return Array.from({ length: Math.ceil(own.length / each) }, (_, n) => own.slice(n * each, (n + 1) * each))
  })
}

async function askWith(some: readonly Use[], manner: Manner, token: string, size = 10) {
  const answers = []
  for (const chunk of inOperations(some, size)) {
    const { query, variables } = operationWith(chunk, manner, world.sample)
    const asked = () => world.gateway.ask(query, { token, variables })
    answers.push({ chunk, ...(await statementsDuring(world.gateway, asked)) })
  }
  return answers
}

const others = [
  { who: 'Somebody who has not signed in', told: { code: 'UNAUTHENTICATED' }, token: () => '' },
  { who: 'A customer with every flag on', told: { code: 'FORBIDDEN', permission: 'ADMIN' }, token: () => world.customer },
] as const // prettier-ignore

describe.each(others)('$who', ({ told, token }) => {
  test.each(manners)('MUST be refused each field that is given one, and nothing be executed, %s', async (manner) => {
    for (const { chunk, result, statements } of await askWith(uses, manner, token())) {
      expect(statements.filter((text) => !/sys\.api_access|gui\.admin_users/.test(text))).toEqual([])
      expect(Object.values(result.data)).toEqual(chunk.map(() => null))
      const expected = chunk.map(({ root, within: [top], on, field }, index) => ({
        path: [`use${index}`],
        extensions: told.code === 'FORBIDDEN' ? { ...told, coordinate: top ? `${root}.${top.field}` : `${on}.${field}` } : told,
      }))
      const byPlace = (one: { path?: readonly unknown[] }, other: typeof one) => Number(String(one.path?.[0]).slice(3)) - Number(String(other.path?.[0]).slice(3))
      expect(result.errors?.toSorted(byPlace)).toMatchObject(expected)
    }
  }) // prettier-ignore
})

describe.each(capabilities)('While roles lack %s alone', (capability) => {
  const permission = `ADMIN_${capability}`

  test.each(manners)('each call that uses what needs it MUST be denied by its coordinate, %s', async (manner) => {
    const token = await world.tokenWith(capabilities.filter((each) => each !== capability))
    const concerned = uses.filter(({ flags }) => flags.includes(permission))
    for (const { chunk, result, statements } of await askWith(concerned, manner, token)) {
      expect(denialsOf(result)).toEqual(sorted(chunk.map((use, index) => denialOfUse(use, index, permission))))
      // Where everything was denied at the root nothing is left to execute.
      if (chunk.some(({ within }) => within.length > 0)) continue
      expect(statements.filter((text) => !text.includes('gui.admin_users'))).toEqual([])
    }
  })
})

test.each(manners)('No use MUST be denied to an administrator whose roles allow everything, %s', async (manner) => {
  // Only what reads: mutations are run with arguments that mean something elsewhere.
  const readable = uses.filter(({ root }) => root === 'Query')
  for (const { result } of await askWith(readable, manner, world.root)) {
    const codes = new Set(result.errors?.map(({ extensions }) => extensions.code))
    // What a test makes up is of the right type, which does not make it a cursor or an id.
    for (const code of ['BAD_USER_INPUT', 'NOT_FOUND'] as const) codes.delete(code)
    expect([...codes]).toEqual([])
  }
})
