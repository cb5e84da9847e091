import { getNamedType, isInterfaceType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { permissions } from '../../src/permissions/permissions.ts'
import { schema } from '../../src/schema/index.ts'
import { ruleAt } from '../../src/schema/rules/rules.ts'
import { design, forEverybody, forWhoeverSignedIn } from './support/design.ts'
import { flagsOf, guardedFields, published } from './support/published.ts'
import { fieldNamed, fieldsOf, nodeTypes, objectNamed } from './support/selections.ts'

const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
const columns = new Set(Object.values(permissions).map(({ column }) => column))

describe(`Each of the ${published.length} fields, arguments and input fields`, () => {
  test('MUST show its rule: flags, or one of public, authenticated, admin', () => {
    const odd = published.filter(({ flags, marks }) => flags.length > 0 === marks.length > 0 || marks.length > 1)
    expect(odd).toEqual([])
    expect(new Set(published.flatMap(({ marks }) => marks))).toEqual(new Set(['public', 'authenticated']))
  })

  test('MUST name flags of the catalogue, each once', () => {
    for (const { flags } of published) {
      expect(new Set(flags).size).toBe(flags.length)
      expect(flags.filter((flag) => !columns.has(flag.toLowerCase()))).toEqual([])
    }
  })

  test('MUST say at the end of its description what it requires, and nothing where it requires nothing', () => {
    for (const { coordinate, flags, description } of published) {
      const lines = description.split('\n').filter((line) => line.startsWith('Requires: '))
      expect([coordinate, lines]).toEqual([coordinate, flags.map((flag) => `Requires: ${flag.toLowerCase()}`)])
      expect(description.endsWith(lines.join('\n\n'))).toBe(true)
    }
  })

  test('MUST be enforced by the very rule that it shows', () => {
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || !('getFields' in type)) continue
      for (const field of Object.values(type.getFields())) {
        for (const guarded of [field, ...('args' in field ? field.args : [])]) {
          const flags = ruleAt(guarded).flatMap((scope) => (scope in permissions ? [permissions[scope as 'account'].column] : []))
          expect(flags.map((flag) => flag.toUpperCase())).toEqual(flagsOf(guarded))
        }
      }
    }
  }) // prettier-ignore

  test('MUST need the flags that the design gives it', () => {
    for (const { coordinate, flags } of published) {
      const row = design.find(({ coordinates }) => coordinates.test(coordinate))
      expect([coordinate, flags.toSorted()]).toEqual([coordinate, (row?.flags ?? []).toSorted()])
    }
  })

  test('MUST be known to be for whoever signed in, where it needs a sign-in and no flag', () => {
    const open = published.filter(({ marks }) => marks.includes('authenticated')).map(({ coordinate }) => coordinate)
    expect(open.filter((coordinate) => !forWhoeverSignedIn.some((pattern) => pattern.test(coordinate)))).toEqual([])
    for (const pattern of forWhoeverSignedIn) expect(open.filter((coordinate) => pattern.test(coordinate))).not.toEqual([])
  }) // prettier-ignore

  test('MUST be known to be for everybody, where it is', () => {
    const open = published.filter(({ marks }) => marks.includes('public')).map(({ coordinate }) => coordinate)
    const shown = new Set(open.map((coordinate) => coordinate.replace(/^AccessProfile\.\w+$/, 'AccessProfile.*')))
    expect([...shown].sort()).toEqual(forEverybody)
  })
})

test('Each row of the design MUST guard something', () => {
  for (const { coordinates, flags } of design) {
    const fitting = published.filter(({ coordinate }) => coordinates.test(coordinate))
    expect([coordinates, fitting.length > 0, flags]).toEqual([coordinates, true, flags])
  }
})

describe('A denial', () => {
  test('MUST NOT take its row with it: what a flag guards is nullable, but for ids', () => {
    const strict = guardedFields.filter(({ nullable }) => !nullable).map(({ coordinate }) => coordinate)
    const ids = nodeTypes.map((name) => `${name}.id`)
    expect(strict.filter((coordinate) => !ids.includes(coordinate))).toEqual([])
  })

  test('MUST come before the row where its id is denied: whatever leads there needs the same flags', () => {
    for (const name of nodeTypes) {
      const needed = flagsOf(fieldNamed(objectNamed(name), 'id'))
      for (const type of objects.filter(isObjectType)) {
        for (const field of fieldsOf(type).filter((each) => getNamedType(each.type).name === name)) {
          const given = flagsOf(field)
          expect([type.name, field.name, needed.filter((flag) => !given.includes(flag))]).toEqual([type.name, field.name, []])
        }
      }
    }
  }) // prettier-ignore
})

test('A field of an object MUST need at least what its interface says', () => {
  for (const type of objects.filter(isObjectType)) {
    for (const parent of type.getInterfaces()) {
      for (const field of Object.values(parent.getFields())) {
        const own = flagsOf(fieldNamed(type, field.name))
        expect(flagsOf(field).filter((flag) => !own.includes(flag))).toEqual([])
      }
    }
  }
  expect(Object.values(schema.getTypeMap()).filter(isInterfaceType).map(({ name }) => name)).toEqual(['Node'])
}) // prettier-ignore
