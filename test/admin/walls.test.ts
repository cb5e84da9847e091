import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminSelections } from '../permissions/support/admin-selections.ts'
import {
  ask,
  coordinatesIn,
  denialsOf,
  expectRealPaths,
  isAbout,
  lasting,
  statementsDuring,
} from '../permissions/support/asking.ts'
import { documentOf, ways } from '../permissions/support/document.ts'
import { expectedData, expectedDenials } from '../permissions/support/expectation.ts'
import { published } from '../permissions/support/published.ts'
import { adminNodeTypes, fieldNamed, objectNamed, type Selection } from '../permissions/support/selections.ts'
import { openSocketStream } from '../subscriptions/support/streams.ts'
import { allBut, type Answer } from '../support/gateway.ts'
import { capabilities, startAdministration, type Administration } from './support/administration.ts'
import { rightArguments } from './support/right-arguments.ts'
import { usedBy } from './support/uses.ts'

// All that the schema has for administrators, asked for by everybody else and by those whose roles lack something.

let world: Administration
let roots: Selection[]
/** What there is and what it needs is the same whatever it is asked with. */
const shapes = adminSelections({ accountId: '', fromTime: '', toTime: '', ids: {}, given: {} })
const names = shapes.map(({ on, field }) => `${on}.${field}`)
const [plainly] = ways

beforeAll(async () => {
  world = await startAdministration()
  roots = adminSelections(world.sample)
})
afterAll(() => world[Symbol.asyncDispose]())

/** With arguments that it takes. */
async function rootNamed(name: string): Promise<Selection> {
  const root = roots.find(({ on, field }) => `${on}.${field}` === name)
  if (!root) throw new TypeError(`No ${name}`)
  return world.withRightArguments(root)
}

test('Each field for administrators MUST be asked for here', () => {
  const asked = new Set(coordinatesIn(roots))
  const fields = published.filter(({ kind, marks }) => kind === 'field' && marks.includes('admin'))
  expect(fields.length).toBeGreaterThan(100)
  expect(fields.filter(({ coordinate }) => !asked.has(coordinate))).toEqual([])
})

test('Each field of a root that needs arguments MUST have right ones here, or nothing is known of who may use it', () => {
  const needing = roots.filter(({ on, field }) => {
    const { args } = fieldNamed(objectNamed(on), field)
    return on === 'Mutation' || args.some(({ type }) => String(type).endsWith('!'))
  })
  const missing = needing.map(({ on, field }) => `${on}.${field}`).filter((name) => !(name in rightArguments))
  expect(missing).toEqual([])
})

const unauthenticated = { code: 'UNAUTHENTICATED' }
const forbidden = { code: 'FORBIDDEN', permission: 'ADMIN' }

type Transport = (query: string, token: string) => Promise<Pick<Answer, 'data' | 'errors'>>

/** Besides the ordinary one. */
const transports: readonly Transport[] = [
  async (query, token) => {
    await using stream = await openSocketStream(world.gateway.url, query, { token })
    return await stream.event(0)
  },
  async (query, token) => {
    const response = await fetch(`${world.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: token },
      body: JSON.stringify({ query }),
    })
    const [, event = ''] = /^event: next\ndata: (.*)$/m.exec(await response.text()) ?? []
    return JSON.parse(event)
  },
]

/** Those who are no administrators, or no longer: what they are told, and all that is asked of a database for them. */
const others = [
  { who: 'Somebody who has not signed in', told: unauthenticated, token: () => '', reads: [] },
  {
    who: 'A customer with every flag on',
    told: forbidden,
    token: () => world.customer,
    reads: [expect.stringContaining('sys.api_access')],
  },
  {
    who: 'An administrator who was removed',
    told: unauthenticated,
    async token() {
      const token = await world.gateway.admin('removed', ['root'])
      await world.gateway.primary.query("DELETE FROM gui.admin_users WHERE username = 'removed'")
      return token
    },
    reads: [expect.stringContaining('gui.admin_users')],
  },
  {
    who: 'An administrator who was disabled',
    told: unauthenticated,
    async token() {
      const token = await world.gateway.admin('disabled', ['root'])
      await world.gateway.primary.query("UPDATE gui.admin_users SET enabled = false WHERE username = 'disabled'")
      return token
    },
    reads: [expect.stringContaining('gui.admin_users')],
  },
] as const

describe.each(others)('$who', ({ told, token: tokenOf, reads }) => {
  let token: string
  beforeAll(async () => void (token = await tokenOf()))

  function expectRefused({ data, errors }: Pick<Answer, 'data' | 'errors'>, { on, field, key }: Selection): void {
    const coordinate = `${on}.${field}`
    expect(data).toEqual({ [key]: null })
    expect(errors).toHaveLength(1)
    const extensions = told === forbidden ? { ...told, coordinate } : told
    expect(errors?.[0]).toMatchObject({ path: [key], extensions })
    if (told === forbidden) expect(errors?.[0]?.message).toBe(`${coordinate} needs the permission ADMIN.`)
  }

  test.each(names)('MUST be refused %s in any way, and nothing be executed', async (name) => {
    const root = await rootNamed(name)
    for (const way of ways) {
      const { result, statements } = await statementsDuring(world.gateway, () => ask(world.gateway, [root], way, { token }))
      expectRefused(result, root)
      expect(statements).toEqual(reads)
    }
  }) // prettier-ignore

  test('MUST be refused it over the other transports', async () => {
    for (const root of roots) {
      const query = documentOf([root])
      for (const transport of transports) {
        const { result, statements } = await statementsDuring(world.gateway, () => transport(query, token))
        expectRefused(result, root)
        for (const statement of statements) expect(statement).toMatch(/sys\.api_access|gui\.admin_users/)
      }
    }
  })

  test('MUST get the errors and no data where all or nothing is wanted', async () => {
    for (const root of roots) {
      const asking = { token, headers: { 'x-denied': 'reject' } }
      const { result, statements } = await statementsDuring(world.gateway, () => ask(world.gateway, [root], plainly, asking))
      expect(result.data).toBeUndefined()
      expect(result.errors?.map(({ extensions }) => extensions.code)).toEqual([told.code])
      expect(statements).toEqual(reads)
    }
  }) // prettier-ignore

  test.each(adminNodeTypes)('MUST NOT find a %s by its id, and be told the same of one that there is not', async (type) => {
    const real = world.sample.ids[type] ?? ''
    const none = Buffer.from(`${type}:${missingKey(type)}`).toString('base64')
    expect(real).not.toBe('')
    for (const [field, wrap] of [['node', (id: string) => `(id: "${id}")`], ['nodes', (id: string) => `(ids: ["${id}"])`]] as const) {
      for (const selection of ['__typename', 'id', `... on ${type} { id }`]) {
        const answers = []
        for (const id of [real, none]) {
          const query = `{ found: ${field}${wrap(id)} { ${selection} } }`
          const { result, statements } = await statementsDuring(world.gateway, () => world.gateway.ask(query, { token }))
          expect(statements).toEqual(reads)
          answers.push({ data: result.data, errors: result.errors })
        }
        expect(answers[0]).toEqual(answers[1])
        expect(answers[0]).toMatchObject({ errors: [{ extensions: told }] })
        expect([null, [null]]).toContainEqual(answers[0]?.data.found)
      }
    }
  }) // prettier-ignore
})

function missingKey(type: string): string {
  const key =
    Buffer.from(world.sample.ids[type] ?? '', 'base64')
      .toString()
      .split(':')[1] ?? ''
  return key.includes('-') ? '00000000-0000-4000-8000-000000000000' : '999999999'
}

test('An administrator who looks at the portal as a login MUST be refused what the login is refused', async () => {
  const acting = await rootNamed('Mutation.actAsPortalLogin')
  const { data } = await ask(world.gateway, [acting], plainly, { token: world.root })
  const { token } = data.actAsPortalLogin
  for (const name of names.filter((each) => each.startsWith('Query.'))) {
    const root = await rootNamed(name)
    const answer = await ask(world.gateway, [root], plainly, { token })
    expect(answer.data).toEqual({ [root.key]: null })
    expect(denialsOf(answer)).toEqual([{ permission: 'ADMIN', coordinate: name, path: [root.key] }])
  }
})

describe.each(capabilities)('An administrator whose roles lack %s alone', (capability) => {
  const permission = `ADMIN_${capability}`
  const off = new Set([permission])
  const token = () => world.tokenWith(capabilities.filter((each) => each !== capability))
  const concerned = shapes.filter((root) => isAbout(root, permission)).map(({ on, field }) => `${on}.${field}`)

  test.runIf(concerned.length > 0).each(concerned)('MUST be denied what needs it of %s, and nothing else', async (name) => {
    const root = await rootNamed(name)
    const used = usedBy(root).find(({ flags }) => flags.includes(permission))
    const isDenied = root.flags.includes(permission) || used !== undefined
    const full = root.on === 'Query' ? await ask(world.gateway, [root], plainly, { token: world.root }) : null
    if (full) expect(full.errors).toBeUndefined()
    const asking = { token: await token() }
    const { result, statements } = await statementsDuring(world.gateway, () => ask(world.gateway, [root], plainly, asking))
    if (!root.flags.includes(permission) && used) expect(denialsOf(result)).toEqual([{ permission, coordinate: used.coordinate, path: [root.key] }])
    else expect(denialsOf(result)).toEqual(expectedDenials([root], off))
    expectRealPaths(result)
    if (isDenied) expect(result.data).toEqual({ [root.key]: null })
    else if (full) expect(settled(result.data)).toEqual(expectedData([root], settled(full.data), off))
    if (isDenied) expect(statements.filter((text) => !text.includes('gui.admin_users'))).toEqual([])
  }) // prettier-ignore

  test('MUST NOT find by its id what needs it, and find the rest', async () => {
    for (const type of adminNodeTypes) {
      const needed = expectedNeeds(type).includes(permission)
      const asking = { token: await token(), variables: { id: world.sample.ids[type] } }
      const { data, errors } = await world.gateway.ask('query ($id: ID!) { node(id: $id) { __typename } }', asking)
      expect([type, data.node?.__typename ?? null]).toEqual([type, needed ? null : type])
      expect(errors?.map(({ extensions }) => extensions['permission']) ?? []).toEqual(needed ? [permission] : [])
    }
  })
})

function expectedNeeds(type: string): readonly string[] {
  const selection = coordinateIn(shapes, `${type}.id`)
  if (!selection) throw new TypeError(`Nothing leads to ${type}`)
  return selection.flags
}

function coordinateIn(selections: readonly Selection[], coordinate: string): Selection | undefined {
  for (const each of selections) {
    if (`${each.on}.${each.field}` === coordinate) return each
    const below = coordinateIn(each.below, coordinate)
    if (below) return below
  }
  return undefined
}

/** Without the moment at which something was looked at. */
function settled(data: unknown): unknown {
  return JSON.parse(JSON.stringify(lasting(data)).replace(/("runningAsOf"):"[^"]+"/g, '$1:"now"'))
}

/** Everything that something in a selection needs. */
function needsIn({ flags, below }: Selection): string[] {
  return [...new Set([...flags, ...below.flatMap(needsIn)])]
}

function tokenFor(needs: readonly string[]): Promise<string> {
  return world.tokenWith(needs.map((name) => name.replace(/^ADMIN_/, '')))
}

describe.each(names)('%s', (name) => {
  test('MUST answer all that it has to an administrator whose roles allow just that', async () => {
    const root = await rootNamed(name)
    const token = await tokenFor([...new Set([...needsIn(root), ...usedBy(root).flatMap(({ flags }) => flags)])])
    const { data, errors } = await ask(world.gateway, [root], plainly, { token })
    expect(errors).toBeUndefined()
    expect(data[root.key]).not.toBeNull()
  })

  test('MUST answer what its own capabilities allow to whoever has no other', async () => {
    const root = await rootNamed(name)
    const held = new Set([...root.flags, ...usedBy(root).flatMap(({ flags }) => flags)])
    const missing = new Set(needsIn(root).filter((each) => !held.has(each)))
    const answer = await ask(world.gateway, [root], plainly, { token: await tokenFor([...held]) })
    expect(denialsOf(answer)).toEqual(expectedDenials([root], missing))
    expect(answer.data[root.key]).not.toBeNull()
  })
})

test('A flag of a profile MUST open nothing of it, nor a role anything of a customer’s', async () => {
  const { gateway, root } = world
  const login = await gateway.login('some')
  for (const flags of [allBut(), allBut('account', 'invoices')]) {
    await login.set(flags)
    const { data } = await gateway.ask('{ portalLogins { totalCount } accessProfiles { totalCount } }', login)
    expect(data).toEqual({ portalLogins: null, accessProfiles: null })
  }
  const { data, errors } = await gateway.ask('{ accounts { totalCount } invoices { totalCount } }', { token: root })
  expect(data).toEqual({ accounts: null, invoices: null })
  expect(errors?.map(({ extensions }) => extensions['permission'])).toEqual(['ACCOUNT', 'INVOICES'])
})
