import { isEnumType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { coordinatesOf, type Coordinate } from '../../src/schema/rules/coordinates.ts'
import { schema } from '../../src/schema/index.ts'
import { isForAdministrators } from '../admin/support/design.ts'
import {
  portalApi,
  portalConventions,
  portalCredentials,
  portalErrors,
  portalOperators,
  type PortalEndpoint,
} from '../fixtures/portal-api.ts'
import { codeIn, tablesOf } from './support/table.ts'

// Three lists that nobody may let drift apart: Yeti's own (the fixture, typed off its description), what the page says
// of each, and the schema.

const tables = tablesOf('docs/customer-api.md')
const beyond = 'Beyond Yeti'
const errors = 'Errors'

interface Row {
  readonly yeti: readonly string[]
  readonly graphql: readonly string[]
  readonly note: string
}

function rowsOf(heading: string): Row[] {
  const rows = tables.get(heading) ?? []
  return rows.map(([yeti, graphql, note = '']) => ({ yeti: codeIn(yeti), graphql: codeIn(graphql), note }))
}

/** What the page has to name of an endpoint, in its notation. */
function namesOf(endpoint: PortalEndpoint): string[] {
  const { operations, parameters = [], create = [], update = [], answers = [], values = {}, resource } = endpoint
  const filters = Object.values(resource?.filters ?? {}).flat()
  return [
    ...operations,
    ...parameters.map((name) => `?${name}`),
    ...(resource ? ['id', 'sort', ...resource.attributes] : []),
    ...(resource?.relationships ?? []).map((name) => `relationships.${name}`),
    ...filters.map((name) => `filter[${name}]`),
    ...create.map((name) => `create[${name}]`),
    ...update.map((name) => `update[${name}]`),
    ...answers,
    ...Object.entries(values).flatMap(([name, words]) => words.map((word) => `${name}=${word}`)),
  ]
}

const operators = Object.entries(portalOperators).flatMap(([type, names]) => names.map((name) => `${type}_${name}`))

/** What each table has to name. */
const expected: ReadonlyMap<string, readonly string[]> = new Map([
  ['Who asks', portalCredentials],
  ['Lists and records', portalConventions],
  ['Filters', operators],
  [errors, portalErrors],
  ...Object.entries(portalApi).map(([path, endpoint]): [string, string[]] => [path, namesOf(endpoint)]),
])

const coordinates = coordinatesOf(schema)
const enumValues = Object.values(schema.getTypeMap())
  .filter((type) => isEnumType(type))
  .flatMap((type) => type.getValues().map(({ name }) => `${type.name}.${name}`))

/** The coordinates that a name in the page stands for; `*` is any text. */
function matching(name: string): Coordinate[] {
  const pattern = new RegExp(`^${name.replace(/[.()]/g, '\\$&').replaceAll('*', '.*')}$`)
  return coordinates.filter((coordinate) => pattern.test(coordinate.name))
}

test('The page MUST have a table for each endpoint, and for what all of them share, and no other', () => {
  expect([...tables.keys()].sort()).toEqual([...expected.keys(), beyond].sort())
})

describe.each([...expected])('The table of %s', (heading, names) => {
  test('MUST name all that Yeti has, each once, and nothing that it has not', () => {
    expect(new Set(names).size).toBe(names.length)
    expect(rowsOf(heading).flatMap(({ yeti }) => yeti).sort()).toEqual([...names].sort()) // prettier-ignore
  })

  test('MUST name one thing of Yeti in each row, and what answers it or why nothing does', () => {
    for (const { yeti, graphql, note } of rowsOf(heading)) {
      expect(yeti).toHaveLength(1)
      expect([yeti, graphql.length > 0 || note !== '']).toEqual([yeti, true])
    }
  })

  test('MUST name fields, arguments, values and codes that there are', () => {
    const known = heading === errors ? errorCodes : enumValues
    const gone = rowsOf(heading).flatMap(({ graphql }) =>
      graphql.filter((name) => matching(name).length === 0 && !known.some((each) => each === name)),
    )
    expect(gone).toEqual([])
  })
})

/** `filter[time_start]` → what kind of thing answers that. */
function kindsFor(name: string): readonly Coordinate['kind'][] {
  const isGiven = /^(filter\[|create\[|update\[|\?|sort$)/.test(name)
  return isGiven ? ['argument', 'input field'] : ['field']
}

/** The word that a name is about: `data.total_calls` → `total_calls`. */
function wordOf(name: string): string {
  const [, inner] = /\[([^\]]+)\]/.exec(name) ?? []
  return (inner ?? name.replace(/^\?/, '')).split('.').at(-1) ?? ''
}

function camelCase(name: string): string {
  return name.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase())
}

describe.each(Object.keys(portalApi))('What answers %s', (path) => {
  const rows = rowsOf(path).flatMap(({ yeti: [name = ''], ...row }) => (row.graphql.length > 0 ? [{ name, ...row }] : []))
  const isWord = (name: string) => name.includes('=')
  const isOperation = (name: string) => name.includes(' ')

  test('MUST be fields where Yeti answers, arguments where it asks, and values where it has words', () => {
    for (const { name, graphql } of rows) {
      const kinds = graphql.flatMap((each) => matching(each).map(({ kind }) => kind))
      if (isWord(name)) expect([name, graphql.every((each) => enumValues.includes(each))]).toEqual([name, true])
      else expect([name, kinds.filter((kind) => !kindsFor(name).includes(kind))]).toEqual([name, []])
    }
  })

  test('MUST be called as in Yeti, in camelCase, or the page says why not', () => {
    for (const { name, graphql, note } of rows.filter((row) => !isOperation(row.name) && row.name !== 'sort')) {
      const own = isWord(name) ? (name.split('=')[1] ?? '').toUpperCase() : camelCase(wordOf(name))
      const shown = graphql.map((each) => each.replace(/^.*[.(]|:\)$/g, ''))
      const first = shown.includes(own) || shown.includes(`${own}Id`) || parts(own).every((part) => shown.includes(part))
      expect([name, graphql, first || note !== '']).toEqual([name, graphql, true])
    }
  })
}) // prettier-ignore

const comparisonWords: Readonly<Record<string, string>> = {
  Eq: 'eq',
  Gt: 'gt',
  Lt: 'lt',
  StartsWith: 'startsWith',
  EndsWith: 'endsWith',
  Contains: 'contains',
}

/** `durationEq` is `duration` and `eq`. */
function parts(name: string): string[] {
  const end = Object.keys(comparisonWords).find((word) => name.endsWith(word))
  return end === undefined ? [name] : [name.slice(0, -end.length), comparisonWords[end] ?? '']
}

describe(beyond, () => {
  const named = (names: readonly string[]) => names.flatMap((name) => matching(name).map((each) => each.name))
  const answering = new Set(named([...expected.keys()].flatMap(rowsOf).flatMap(({ graphql }) => graphql)))
  const rows = tables.get(beyond) ?? []
  const names = rows.flatMap(([cell]) => codeIn(cell))
  const ours = new Set(named(names))

  test('MUST list whatever customers can use and no row of Yeti names', () => {
    const customers = coordinates.map(({ name }) => name).filter((name) => !isForAdministrators(name))
    expect(customers.filter((name) => !answering.has(name) && !ours.has(name))).toEqual([])
  })

  test('MUST list nothing that is not there and nothing that Yeti has, and say what each is for', () => {
    expect(names.filter((name) => matching(name).length === 0)).toEqual([])
    expect([...ours].filter((name) => answering.has(name))).toEqual([])
    expect(rows.filter(([cell, reason = '']) => codeIn(cell).length === 0 || reason === '')).toEqual([])
  })
})
