import { getNamedType, isEnumType, isInputObjectType, isObjectType, type GraphQLInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import type { Attribute } from '../../src/schema/resource/resource.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { addTrickyRows, trickyOnly } from './support/rows.ts'
import {
  camelCase,
  enumName,
  kindName,
  ourName,
  rawRows,
  rowColumn,
  shownTime,
  snakeCase,
  subjects,
  yetiColumn,
  yetiName,
  type RawRow,
  type Subject,
} from './support/subjects.ts'

let gateway: Gateway
let tokens: Readonly<Record<'customer' | 'administrator', string>>

beforeAll(async () => {
  gateway = await startGateway()
  await addTrickyRows(gateway)
  tokens = { customer: await gateway.signIn('alice'), administrator: await gateway.admin() }
})
afterAll(() => gateway[Symbol.asyncDispose]())

const each = subjects.map((subject) => ({ type: subject.resource.name, ...subject }))

function fieldsOf(name: string): string[] {
  const type = schema.getType(name)
  if (!isObjectType(type) && !isInputObjectType(type)) throw new TypeError(`No type ${name}`)
  return Object.keys(type.getFields())
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort()
}

/** The input types that fit each of Yeti's filter types. */
const filterTypes: Readonly<Record<string, readonly string[]>> = {
  string: ['StringFilter'],
  number: ['IntFilter', 'DecimalFilter', 'BigIntFilter'],
  datetime: ['DateTimeFilter'],
  boolean: ['BooleanFilter'],
  inet: ['IPAddressFilter'],
  uuid: ['UUIDFilter', 'IDFilter'],
  link: ['IDFilter'],
  exact: ['StringFilter', 'IDFilter'],
}

function fits(kind: string, input: string): boolean {
  const isEnum = isEnumType(schema.getType(input.replace(/Filter$/, '')))
  return ((kind === 'enum' || kind === 'exact') && isEnum) || !!filterTypes[kind]?.includes(input)
}

/** Yeti's operators in our words. */
const operators: Readonly<Record<string, readonly string[]>> = {
  string: ['eq', 'notEq', 'contains', 'startsWith', 'endsWith', 'in', 'notIn', 'containsAny'],
  number: ['eq', 'notEq', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn'],
  datetime: ['eq', 'notEq', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn'],
  boolean: ['eq', 'notEq'],
  inet: ['eq', 'notEq', 'in', 'notIn'],
  uuid: ['eq', 'notEq', 'in', 'notIn'],
  enum: ['eq', 'notEq', 'in', 'notIn'],
  link: ['eq', 'notEq', 'in', 'notIn'],
  // What Yeti compares in one way only can be compared in others here.
  exact: ['eq', 'in'],
}

/** What our filter is called; Yeti writes the operator of some into the name. */
function filterName(subject: Subject, name: string): string {
  return ourName(subject, name.replace(/_id_eq$/, '_id'))
}

/** The types of columns that each kind of attribute can be read from without loss. */
const columnTypes: Readonly<Record<string, readonly string[]>> = {
  text: ['character varying', 'text'],
  integer: ['integer', 'smallint'],
  bigint: ['bigint'],
  decimal: ['numeric'],
  time: ['timestamp with time zone'],
  utcTime: ['timestamp without time zone'],
  boolean: ['boolean'],
  address: ['inet'],
  uuid: ['uuid'],
  enum: ['smallint', 'character varying'],
}

describe.each(each)('$type', (subject) => {
  const { resource, portal, type } = subject

  it("MUST show Yeti's attributes and the named additions, nothing else", () => {
    const expected = [...portal.attributes, ...Object.keys(portal.additions.fields)].map(camelCase)
    expect(sorted(fieldsOf(type))).toEqual(sorted(expected))
  })

  it("MUST be filtered by Yeti's filters and the named additions, nothing else", () => {
    const filters = Object.values(portal.filters).flat()
    const expected = [
      ...filters.map((name) => filterName(subject, name)),
      ...Object.keys(portal.additions.filters).map(camelCase),
    ]
    expect(sorted(fieldsOf(`${type}Where`))).toEqual(sorted(expected))
  })

  it("MUST have Yeti's operators for each filter, by its type", () => {
    const where = schema.getType(`${type}Where`) as GraphQLInputObjectType
    for (const [kind, names] of Object.entries(portal.filters)) {
      for (const name of names) {
        const input = getNamedType(where.getFields()[filterName(subject, name)]?.type)
        expect([type, name, input?.name, fits(kind, input?.name ?? '')]).toEqual([type, name, input?.name, true])
        const offered = fieldsOf(input?.name ?? '').filter(
          (each) => kind !== 'exact' || operators['exact']?.includes(each),
        )
        expect(sorted(offered), `${type}.${name}`).toEqual(sorted(operators[kind] ?? []))
      }
    }
  })

  it('MUST be ordered by whatever it shows that is not computed', () => {
    const sortable = portal.sortable ?? portal.attributes.filter((name) => !portal.computed.includes(name))
    const expected = [...sortable.map(camelCase), subject.key.attribute]
    expect(sorted(fieldsOf(`${type}OrderBy`))).toEqual(sorted(expected))
  })

  const isComputed = ({ name, expression }: Attribute & { name: string }) =>
    portal.computed.includes(yetiName(subject, name)) ||
    (expression && (snakeCase(name) in portal.additions.fields || portal.internal?.includes(snakeCase(name))))

  it.each([...resource.attributes.values()].filter((attribute) => !isComputed(attribute)))(
    'MUST read attribute $name from a column of Yeti that fits its kind',
    ({ name, kind, nullable, expression }) => {
      const column = yetiColumn(subject, name)
      expect(column, `no column for ${snakeCase(name)}`).toBeDefined()
      // Where a time has no zone the resource says that it is in UTC.
      const isUtc = expression?.text === `(${snakeCase(name)} AT TIME ZONE 'UTC')`
      expect(columnTypes[isUtc ? 'utcTime' : kindName(kind)]).toContain(column?.type)
      // Only a column that is never null may be taken for one: paging would lose rows.
      if (nullable === false && !expression) expect(column?.nullable).toBe(false)
    },
  )

  it('MUST name each attribute once, with a description', () => {
    for (const attribute of resource.attributes.values()) expect(attribute.description, attribute.name).toMatch(/\w/)
  })
})

const shownKinds: Readonly<Record<string, (text: string) => unknown>> = {
  text: String,
  decimal: String,
  bigint: String,
  uuid: String,
  address: String,
  integer: Number,
  boolean: (text) => text === 't',
  time: shownTime,
}

function shown(subject: Subject, row: RawRow): Record<string, unknown> {
  const attributes = [...subject.resource.attributes.values()].filter(
    ({ name, shown: isShown }) => isShown !== false && !subject.opaque?.includes(name),
  )
  return Object.fromEntries(
    attributes.map(({ name, kind }) => {
      const text = row[rowColumn(subject, name)] ?? null
      if (typeof kind === 'object') return [name, enumName(kind.ref.name, text)]
      return [name, text === null ? null : shownKinds[kindName(kind)]?.(text)]
    }),
  )
}

function byKey(subject: Subject, rows: readonly RawRow[]): Map<string, RawRow> {
  return new Map(rows.map((row) => [row[subject.key.column] ?? '', row]))
}

describe.each(each)('Rows of $type', (subject) => {
  const { field, resource, key, opaque = [] } = subject
  const attributes = [...resource.attributes.values()].filter(({ shown }) => shown !== false)
  const names = attributes.map(({ name }) => name).filter((name) => !opaque.includes(name))
  const asking = () => (subject.forAdministrators ? tokens.administrator : tokens.customer)

  async function check(where: Readonly<Record<string, unknown>>, atLeast: number): Promise<void> {
    const rows = byKey(subject, await rawRows(gateway, subject))
    const { data, errors } = await gateway.ask(
      `query ($where: ${resource.name}Where) { ${field}(first: 50, where: $where) { nodes { ${names.join(' ')} } } }`,
      { token: asking(), variables: { where } },
    )
    expect(errors).toBeUndefined()
    expect(data[field].nodes.length).toBeGreaterThanOrEqual(atLeast)
    for (const node of data[field].nodes) {
      const row = rows.get(String(node[key.attribute]))
      expect(row, `${node[key.attribute]} is not a row of the tenant`).toBeDefined()
      expect(node).toEqual(shown(subject, row ?? {}))
    }
  }

  it('MUST be as PostgreSQL has them: exact decimals, UTC times, plain addresses', () => check(subject.everything, 50))

  it('MUST be so whatever stands in them', () => check(trickyOnly(subject), 50))

  it("MUST have the id of their account and its attributes, none but the tenant's", async () => {
    if (!resource.links.has('account')) return
    const rows = byKey(subject, await rawRows(gateway, subject))
    const accounts = new Map(
      (await gateway.primary.query('SELECT id, uuid, name, contractor_id FROM billing.accounts')).rows.map((row) => [
        String(row.id),
        row,
      ]),
    )
    const { data } = await gateway.ask(
      `query ($where: ${resource.name}Where) { ${field}(first: 100, where: $where) { nodes { ${key.attribute} accountId account { id uuid name } } } }`,
      { token: asking(), variables: { where: trickyOnly(subject) } },
    )
    expect(data[field].nodes.length).toBeGreaterThan(30)
    for (const node of data[field].nodes) {
      const account = accounts.get(
        rows.get(String(node[key.attribute]))?.[resource.links.get('account')?.column ?? ''] ?? '',
      )
      const id = Buffer.from(`Account:${account?.uuid}`).toString('base64')
      const expected = account?.contractor_id === 101 ? { id, uuid: account.uuid, name: account.name } : null
      expect(node).toMatchObject({ accountId: expected && id, account: expected })
    }
  })
})
