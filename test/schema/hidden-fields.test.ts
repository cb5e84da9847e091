import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  assertValidSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
  type GraphQLSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { fitting } from '../../src/http/graphiql-fitting.ts'
import { demoTabs, plainTabs } from '../../src/http/graphiql-tabs.ts'
import { coordinatesOf } from '../../src/schema/rules/coordinates.ts'
import { withoutHidden } from '../../src/schema/rules/hidden-fields.ts'
import { schema } from '../../src/schema/index.ts'
import { portalResources } from '../fixtures/portal-attributes.ts'
import { denialsOf, statementsDuring } from '../permissions/support/asking.ts'
import { allBut, startGateway, type Gateway } from '../support/gateway.ts'

/** What Yeti shows and filters by, but for what no list can do without. */
function hideableNames({ attributes, filters }: (typeof portalResources)['outgoingCdrs']): string[] {
  const filtered = Object.values(filters).flat()
  const kept = ['id', 'account_id', 'time_start']
  return [...new Set([...attributes, ...filtered])].filter((name) => !kept.includes(name))
}

const outgoing = hideableNames(portalResources.outgoingCdrs)
const incoming = hideableNames(portalResources.incomingCdrs)

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The coordinates that say what these names mean. */
function saying(type: string, names: readonly string[]): string[] {
  const fields = names.flatMap((name) => (name === 'rec' ? ['rec', 'recording'] : [camelCase(name)]))
  const ofExports = ['', 'Gte', 'Lte'].map((end) => `${type}ExportFiltersInput.%${end}`)
  const coordinates = [`${type}.%`, `${type}Where.%`, `${type}OrderBy.%`, ...ofExports]
  return fields.flatMap((field) => coordinates.map((coordinate) => coordinate.replace('%', field)))
}

function namesOf(some: GraphQLSchema): string[] {
  return coordinatesOf(some).map(({ name }) => name)
}

/** Every field, argument and input field with what it carries, by its coordinate. */
function carriedIn(some: GraphQLSchema): Map<string, unknown> {
  const carried = new Map<string, unknown>()
  for (const type of Object.values(some.getTypeMap())) {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))) continue
    const resolveType = 'resolveType' in type ? type.resolveType : undefined
    const interfaces = 'getInterfaces' in type ? type.getInterfaces().map(({ name }) => name) : []
    const isOneOf = 'isOneOf' in type && type.isOneOf
    carried.set(type.name, { description: type.description, extensions: type.extensions, resolveType, interfaces, isOneOf })
    for (const field of Object.values(type.getFields())) {
      const { description, extensions, type: fieldType } = field
      const functions = 'resolve' in field ? { resolve: field.resolve, subscribe: field.subscribe } : {}
      carried.set(`${type.name}.${field.name}`, { description, extensions, type: String(fieldType), ...functions })
      for (const argument of 'args' in field ? field.args : []) {
        const { name, description: text, extensions: own, type: given } = argument
        carried.set(`${type.name}.${field.name}(${name}:)`, { text, own, type: String(given) })
      }
    }
  }
  return carried
} // prettier-ignore

const nothing = { outgoingCdr: [], incomingCdr: [] }

describe('A schema without hidden fields', () => {
  test('MUST be the schema itself where nothing is hidden', () => {
    expect(withoutHidden(schema, nothing)).toBe(schema)
  })

  test.each(outgoing)('MUST have neither field nor filter nor order of %s, on the outgoing side alone', (name) => {
    const some = withoutHidden(schema, { ...nothing, outgoingCdr: [name] })
    const gone = saying('OutgoingCdr', [name])
    expect(namesOf(schema).filter((each) => gone.includes(each))).not.toEqual([])
    expect(namesOf(some)).toEqual(namesOf(schema).filter((each) => !gone.includes(each)))
    assertValidSchema(some)
  })

  test.each(incoming)('MUST have neither field nor filter nor order of %s, on the incoming side alone', (name) => {
    const some = withoutHidden(schema, { ...nothing, incomingCdr: [name] })
    const gone = saying('IncomingCdr', [name])
    expect(namesOf(schema).filter((each) => gone.includes(each))).not.toEqual([])
    expect(namesOf(some)).toEqual(namesOf(schema).filter((each) => !gone.includes(each)))
    assertValidSchema(some)
  })

  test('MUST NOT let exports be chosen by what they do not show', () => {
    const some = withoutHidden(schema, { ...nothing, outgoingCdr: ['duration', 'src_prefix_routing'] })
    const gone = namesOf(schema).filter((name) => !namesOf(some).includes(name))
    const input = 'OutgoingCdrExportFiltersInput'
    expect(gone.filter((name) => name.startsWith(input))).toEqual(
      ['duration', 'durationGte', 'durationLte', 'srcPrefixRouting'].map((name) => `${input}.${name}`),
    )
  })

  test('MUST be whole with everything hidden that can be', () => {
    const some = withoutHidden(schema, { outgoingCdr: outgoing, incomingCdr: incoming })
    const gone = [...saying('OutgoingCdr', outgoing), ...saying('IncomingCdr', incoming)]
    expect(namesOf(some)).toEqual(namesOf(schema).filter((name) => !gone.includes(name)))
    assertValidSchema(some)
  })

  test('MUST carry at everything else what it carried: rule, resolver, description, cost, how it is read', () => {
    const some = withoutHidden(schema, { outgoingCdr: ['customer_price', 'rec'], incomingCdr: ['duration'] })
    const gone = [...saying('OutgoingCdr', ['customer_price', 'rec']), ...saying('IncomingCdr', ['duration'])]
    const before = carriedIn(schema)
    for (const name of gone) before.delete(name)
    const after = carriedIn(some)
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort())
    for (const [name, carried] of before) expect([name, after.get(name)]).toEqual([name, carried])
  })

  test('MUST NOT be asked by the examples of GraphiQL for more than it has', () => {
    const some = withoutHidden(schema, { outgoingCdr: ['customer_price', 'rec', 'dst_prefix_in'], incomingCdr: [] })
    const tabs = [...demoTabs({ accountId: 'x', fromTime: new Date(0) }), ...plainTabs()]
    const wrong = tabs.filter(({ query }) => validate(some, parse(query)).length > 0)
    expect(wrong).not.toEqual([])
    const fitted = fitting(tabs, some)
    for (const { query } of fitted) expect(validate(some, parse(query))).toEqual([])
    for (const [index, tab] of tabs.entries()) {
      const gone = /^ +(customerPrice|dstPrefixIn|recording \{ url \})$/
      const left = tab.query.split('\n').filter((line) => !gone.test(line)).join('\n')
      expect(fitted[index]).toEqual(tab.query.includes('outgoingCdrs(') ? { ...tab, query: left } : tab)
    }
  }) // prettier-ignore
})

describe('A setting of hidden fields', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hidden-fields-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Why a start fails. */
  async function failure(settings: Readonly<Record<string, string>>): Promise<string[]> {
    const started = startApp(readConfig({ DATA_DIR: folder, LOG_LEVEL: 'silent', ...settings }))
    const error: unknown = await started.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConfigError)
    return String(error).split('\n').slice(1)
  }

  test('MUST end the start where it names what is not there, with what is', async () => {
    const lines = await failure({
      OUTGOING_CDR_HIDE_FIELDS: 'customer_price, vendor_price, customerPrice',
      INCOMING_CDR_HIDE_FIELDS: 'orig_call_id',
    })
    expect(lines).toEqual([
      `  OUTGOING_CDR_HIDE_FIELDS: expected some of ${outgoing.sort().join(', ')}; not vendor_price, customerPrice`,
      `  INCOMING_CDR_HIDE_FIELDS: expected some of ${incoming.sort().join(', ')}; not orig_call_id`,
    ])
  })

  test.each(['id', 'time_start', 'account_id', 'account', 'recording', 'cdr_id', '__proto__', 'constructor'])(
    'MUST NOT be taken to hide %s',
    async (name) => expect((await failure({ INCOMING_CDR_HIDE_FIELDS: name }))[0]).toContain(`; not ${name}`),
  )
})

describe('A gateway that hides fields', () => {
  let gateway: Gateway
  let plain: Gateway
  let login: Awaited<ReturnType<Gateway['login']>>
  const settings = {
    OUTGOING_CDR_HIDE_FIELDS: 'customer_price,lega_user_agent,rec',
    INCOMING_CDR_HIDE_FIELDS: 'vendor_price',
  }
  const lately = 'where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }'

  beforeAll(async () => {
    plain = await startGateway()
    gateway = await plain.another(settings)
    login = await gateway.login('tester')
  })
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await plain[Symbol.asyncDispose]()
  })

  test.each([
    '{ outgoingCdrs { nodes { customerPrice } } }',
    '{ outgoingCdrs { edges { node { id p: legaUserAgent } } } }',
    '{ outgoingCdrs { nodes { rec } } }',
    '{ outgoingCdrs { nodes { recording { url } } } }',
    '{ node(id: "T3V0Z29pbmdDZHI6MQ==") { ... on OutgoingCdr { customerPrice } } }',
    '{ nodes(ids: []) { ...F } } fragment F on IncomingCdr { vendorPrice }',
    'query ($no: Boolean = false) { outgoingCdrs { nodes { customerPrice @include(if: $no) } } }',
  ])('MUST know nothing of them: %s', async (query) => {
    const { data, errors } = await gateway.ask(query, login)
    expect(data).toBeUndefined()
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await plain.ask(query, login)).errors).toBeUndefined()
  })

  test.each([
    '{ outgoingCdrs(where: { customerPrice: { gt: "1" } }) { totalCount } }',
    '{ outgoingCdrs(orderBy: [{ customerPrice: DESC }]) { totalCount } }',
  ])('MUST know no filter and no order by them: %s', async (query) => {
    const { data, errors } = await gateway.ask(query, login)
    expect(data).toBeUndefined()
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
    expect((await plain.ask(query, login)).errors).toBeUndefined()
  })

  test.each([
    ['where', 'OutgoingCdrWhere', { customerPrice: { gt: '1' } }],
    ['orderBy', '[OutgoingCdrOrderBy!]', [{ customerPrice: 'DESC' }]],
  ])('MUST NOT take one in a variable for %s', async (argument, type, value) => {
    const query = `query ($value: ${type}) { outgoingCdrs(${argument}: $value) { totalCount } }`
    const { data, errors } = await gateway.ask(query, { ...login, variables: { value } })
    expect(data).toBeUndefined()
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']))
    expect((await plain.ask(query, { ...login, variables: { value } })).errors).toBeUndefined()
  })

  test('MUST NOT show them in introspection, nor suggest them', async () => {
    const names = async (from: Gateway, type: string): Promise<string[]> => {
      const fields = type.endsWith('Cdr') ? 'fields' : 'inputFields'
      const { data } = await from.ask(`{ __type(name: "${type}") { ${fields} { name } } }`, login)
      return data.__type[fields].map(({ name }: { name: string }) => name)
    }
    for (const type of ['OutgoingCdr', 'OutgoingCdrWhere', 'OutgoingCdrOrderBy', 'IncomingCdr', 'IncomingCdrWhere']) {
      const gone = [...saying('OutgoingCdr', settings.OUTGOING_CDR_HIDE_FIELDS.split(',')), ...saying('IncomingCdr', ['vendor_price'])]
      const left = (await names(plain, type)).filter((name) => !gone.includes(`${type}.${name}`))
      expect(left).not.toEqual(await names(plain, type))
      expect([type, await names(gateway, type)]).toEqual([type, left])
    }
    const { data } = await gateway.ask('{ __type(name: "OutgoingCdrRecording") { name } }', login)
    expect(data.__type).toBeNull()
    const { errors } = await gateway.ask('{ outgoingCdrs { nodes { customerPrise recordin { url } } } }', login)
    expect(errors?.map(({ message }) => message).join()).not.toMatch(/"customerPrice"|"recording"/)
  }) // prettier-ignore

  test('MUST answer the rest as any gateway does, and read no column of a hidden one', async () => {
    const fields = Object.values(objectFields('OutgoingCdr')).filter((name) => !/^(customerPrice|legaUserAgent|rec|recording|account)$/.test(name))
    const query = `{ outgoingCdrs(first: 200, ${lately}) { totalCount nodes { ${fields.join(' ')} account { name } } } incomingCdrs(first: 200, ${lately}) { nodes { id duration rec recording { __typename } legbUserAgent account { name balance } } } }`
    const { result, statements } = await statementsDuring(gateway, () => gateway.ask(query, login))
    expect(result.errors).toBeUndefined()
    expect(result.data.outgoingCdrs.nodes).toHaveLength(200)
    expect(result.data).toEqual((await plain.ask(query, login)).data)
    expect(statements.join()).not.toMatch(/customer_price|lega_user_agent|vendor_price/)
  }) // prettier-ignore

  test('MUST deny what it denies elsewhere, in lists and by id', async () => {
    await login.set(allBut('account', 'allowListenRecording', 'outgoingCdrs'))
    const { data } = await plain.ask(`{ incomingCdrs(first: 1, ${lately}) { nodes { id } } }`, login)
    const [{ id }] = data.incomingCdrs.nodes
    const query = `{
      outgoingCdrs { nodes { duration } }
      incomingCdrs(first: 1, ${lately}) { nodes { id duration rec recording { url } account { id name } } }
      node(id: "${id}") { ... on IncomingCdr { duration rec account { name } } }
    }`
    const [answer, elsewhere] = [await gateway.ask(query, login), await plain.ask(query, login)]
    expect(answer.data).toEqual(elsewhere.data)
    expect(answer.data).toMatchObject({
      outgoingCdrs: null,
      incomingCdrs: { nodes: [{ id, duration: expect.any(Number), rec: null, recording: null, account: { name: null } }] },
      node: { duration: expect.any(Number), rec: null },
    })
    expect(denialsOf(answer)).toHaveLength(6)
    expect(denialsOf(answer)).toEqual(denialsOf(elsewhere))
    await login.set(allBut())
  }) // prettier-ignore

  test('MUST open GraphiQL with examples that it can answer', async () => {
    const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } })
    const [, options = ''] = /<script id="options" type="application\/json">(.*?)<\/script>/s.exec(await page.text()) ?? []
    const tabs: { query: string }[] = JSON.parse(options).defaultTabs
    const calls = tabs.find(({ query }) => query.includes('query OutgoingCdrs'))?.query ?? ''
    expect(calls).not.toMatch(/customerPrice|recording \{/)
    const { data, errors } = await gateway.ask(calls, login)
    expect(errors).toBeUndefined()
    expect(data.outgoingCdrs.nodes.length).toBeGreaterThan(0)
  }) // prettier-ignore
})

function objectFields(name: string): string[] {
  const type = schema.getType(name)
  return isObjectType(type) ? Object.keys(type.getFields()) : []
}
