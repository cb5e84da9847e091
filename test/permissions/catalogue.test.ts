import { readFileSync } from 'node:fs'
import { isEnumType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { defaultProfile, nothingAllowed, profileFromArray } from '../../src/permissions/access-profile.ts'
import { permissionKeys, permissionName, permissions } from '../../src/permissions/permissions.ts'
import { schema } from '../../src/schema/index.ts'

const catalogue = permissionKeys.map((key) => ({ key, ...permissions[key] }))

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}

/** Section headings of the document, and the flags below them. What stands before the first is about the portal as a whole. */
const documented = (() => {
  const headings = new Map([
    ['Outgoing traffic permissions', 'outgoing'],
    ['Incoming traffic permissions', 'incoming'],
    ['Billing permissions', 'billing'],
  ])
  const lines = fixture('access-profile.md').trim().split('\n').slice(2)
  let section = 'general'
  const flags: { section: string; title: string; description: string }[] = []
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    const heading = headings.get(line)
    if (heading) section = heading
    else flags.push({ section, title: line.slice(2), description: lines.shift()?.slice(2) ?? '' })
  }
  return flags.filter(({ title }) => title !== 'Id' && title !== 'Name')
})()

/** The flags as Yeti's own database has them. */
const columns = fixture('yeti-columns.tsv')
  .trim()
  .split('\n')
  .map((line) => line.split('\t'))
  .filter(([, schemaName, table]) => schemaName === 'sys' && table === 'customer_portal_access_profiles')
  .map(([, , , position, column = '', type, nullable, byDefault]) => ({ position: Number(position), column, type, nullable, byDefault })) // prettier-ignore
const flagColumns = columns.filter(({ type }) => type === 'boolean')

describe('The catalogue', () => {
  test('MUST be the document that defines the flags: the same ones, in its order, sections and words', () => {
    expect(documented).toHaveLength(45)
    const shown = catalogue.slice(0, 45).map(({ section, title, description }) => ({ section, title, description }))
    expect(shown).toEqual(documented)
  })

  test('MUST add the one flag that is newer than the document, last', () => {
    expect(catalogue).toHaveLength(46)
    expect(catalogue.at(-1)).toMatchObject({ key: 'webrtcDialer', column: 'webrtc_dialer' })
  })

  test('MUST have the columns of Yeti’s table, no more and no fewer', () => {
    expect(flagColumns).toHaveLength(46)
    expect(catalogue.map(({ column }) => column).sort()).toEqual(flagColumns.map(({ column }) => column).sort())
    expect(flagColumns.toSorted((one, other) => one.position - other.position).at(-1)?.column).toBe('webrtc_dialer')
    expect(flagColumns.every(({ nullable }) => nullable === 'NO')).toBe(true)
  })

  test('MUST have the defaults of Yeti’s table', () => {
    const inYeti = Object.fromEntries(flagColumns.map(({ column, byDefault }) => [column, byDefault === 'true']))
    expect(Object.fromEntries(catalogue.map((row) => [row.column, row.default]))).toEqual(inYeti)
    expect(Object.values(inYeti).filter((value) => !value)).toHaveLength(2)
  })

  test('MUST name each column as its title does, and each key as its column', () => {
    for (const { key, column, title } of catalogue) {
      expect(column).toBe(title.toLowerCase().replaceAll(' ', '_'))
      expect(key).toBe(column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
    }
  })

  test('MUST tell its flags apart', () => {
    for (const each of ['key', 'column', 'title', 'description'] as const) {
      expect(new Set(catalogue.map((row) => row[each])).size).toBe(46)
    }
  })
})

describe('The schema', () => {
  test('MUST have each flag as a value of the enum Permission, its column in capitals, with its words', () => {
    const type = schema.getType('Permission')
    const values = isEnumType(type) ? type.getValues() : []
    const shown = values.map(({ name, value, description }) => ({ name, value, description }))
    const expected = flagColumns.map(({ column }) => {
      const name = column.toUpperCase()
      return { name, value: name, description: catalogue.find((row) => row.column === column)?.description }
    })
    expect(shown).toEqual(expected.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
  })

  test('MUST have each flag as a field of the type AccessProfile, with its words, and a name', () => {
    const type = schema.getType('AccessProfile')
    const fields = isObjectType(type) ? Object.values(type.getFields()) : []
    const shown = fields.map(({ name, type, description }) => `${name}: ${type} ${description ?? ''}`.trim())
    const expected = catalogue.map(({ key, description }) => `${key}: Boolean! ${description}`)
    expect(shown.toSorted()).toEqual([...expected, 'name: String!'].toSorted())
  })

  test('MUST take each flag’s name in GraphQL from its column', () => {
    expect(permissionKeys.map(permissionName)).toEqual(catalogue.map(({ column }) => column.toUpperCase()))
  })
})

describe('A profile', () => {
  const arrayOf = (value: string, other: { at: number; value: string } | null = null) =>
    `{${catalogue.map((_, index) => (index === other?.at ? other.value : value)).join(',')}}`

  test('MUST allow what an array of the flags says, flag by flag', () => {
    for (const [at, { key }] of catalogue.entries()) {
      expect(profileFromArray(arrayOf('f', { at, value: 't' }))).toEqual({ ...nothingAllowed, [key]: true })
      expect(profileFromArray(arrayOf('t', { at, value: 'f' }))[key]).toBe(false)
      expect(profileFromArray(arrayOf('t', { at, value: 'NULL' }))[key]).toBe(false)
    }
  })

  test.each(['true', '1', 'f', 'T', '"t"', ' t', '', 'null', 'NULL'])(
    'MUST allow nothing for %j where t is meant',
    (value) => {
      expect(profileFromArray(arrayOf(value))).toEqual(nothingAllowed)
    },
  )

  test.each(['', '{}', '{t}', 't', arrayOf('t').replace('{t,', '{'), arrayOf('t').replace('{t,', '{t,t,')])(
    'MUST allow nothing for an array of another length: %s',
    (text) => {
      expect(profileFromArray(text)).toEqual(nothingAllowed)
    },
  )

  test('MUST know every flag', () => {
    expect(Object.values(nothingAllowed)).toEqual(catalogue.map(() => false))
  })

  test('MUST be Yeti’s default where nothing is said', () => {
    const off = permissionKeys.filter((key) => !defaultProfile[key])
    expect(off).toEqual(['allowListenRecording', 'paymentsCryptomus'])
  })

  test('MUST NOT change once it is made', () => {
    for (const profile of [nothingAllowed, defaultProfile, profileFromArray('{}')]) {
      expect(() => Object.assign(profile, { account: true })).toThrow(TypeError)
    }
  })
})
