import { getNamedType, isInterfaceType, isNonNullType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { capabilities, capabilityName, isCapability } from '../../src/permissions/capabilities.ts'
import { permissions } from '../../src/permissions/permissions.ts'
import { schema } from '../../src/schema/index.ts'
import { ruleAt } from '../../src/schema/rules/rules.ts'
import { administration, sections } from '../admin/support/design.ts'
import { design, forEverybody, forWhoeverSignedIn } from './support/design.ts'
import { capabilitiesOf, flagsOf, needsOf, published } from './support/published.ts'
import { adminNodeTypes, fieldNamed, fieldsOf, nodeTypes, objectNamed } from './support/selections.ts'

const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
const columns = new Set(Object.values(permissions).map(({ column }) => column))

describe(`Each of the ${published.length} fields, arguments and input fields`, () => {
  test('MUST show its rule: flags, or one of public, authenticated, admin', () => {
    const odd = published.filter(({ flags, marks }) => flags.length > 0 === marks.length > 0 || marks.length > 1)
    expect(odd).toEqual([])
    expect(new Set(published.flatMap(({ marks }) => marks))).toEqual(new Set(['public', 'authenticated', 'admin']))
  })

  test('MUST name flags of the catalogue, each once', () => {
    for (const { flags } of published) {
      expect(new Set(flags).size).toBe(flags.length)
      expect(flags.filter((flag) => !columns.has(flag.toLowerCase()))).toEqual([])
    }
  })

  test('MUST name capabilities of administrators, each once', () => {
    for (const { capabilities } of published) {
      expect(new Set(capabilities).size).toBe(capabilities.length)
      expect(capabilities.filter((name) => sections[name] === undefined)).toEqual([])
    }
  })

  test('MUST say at the end of its description what it requires, and nothing where it requires nothing', () => {
    for (const { coordinate, flags, capabilities, description } of published) {
      const lines = description.split('\n').filter((line) => line.startsWith('Requires: '))
      const needs = [...flags.map((flag) => flag.toLowerCase()), ...capabilities.map((name) => `ADMIN_${name}`)]
      expect([coordinate, lines]).toEqual([coordinate, needs.map((need) => `Requires: ${need}`)])
      expect(description.endsWith(lines.join('\n\n'))).toBe(true)
    }
  })

  test('MUST be enforced by the very rule that it shows', () => {
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || !('getFields' in type)) continue
      for (const field of Object.values(type.getFields())) {
        for (const guarded of [field, ...('args' in field ? field.args : [])]) {
          const rule = ruleAt(guarded)
          const flags = rule.flatMap((scope) => (scope in permissions ? [permissions[scope as 'account'].column] : []))
          expect(flags.map((flag) => flag.toUpperCase())).toEqual(flagsOf(guarded))
          expect(rule.filter(isCapability).map(capabilityName)).toEqual(capabilitiesOf(guarded))
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

  test('MUST need the capabilities that the design gives it, and be an administrator’s if it has a row there', () => {
    for (const { coordinate, capabilities, marks } of published) {
      const row = administration.find(({ coordinates }) => coordinates.test(coordinate))
      const expected = [coordinate, marks.includes('admin'), (row?.capabilities ?? []).toSorted()]
      expect([coordinate, row !== undefined, capabilities.toSorted()]).toEqual(expected)
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
  for (const { coordinates } of [...design, ...administration]) {
    const fitting = published.filter(({ coordinate }) => coordinates.test(coordinate))
    expect([coordinates, fitting.length > 0]).toEqual([coordinates, true])
  }
})

test('Each capability MUST be of the section and the action that Yeti has for it', () => {
  const named = Object.entries(capabilities).map(([key, { section, action }]) => [capabilityName(key as 'readAuditLog'), [section, action]])
  expect(Object.fromEntries(named)).toEqual(sections)
}) // prettier-ignore

describe('A denial', () => {
  /** What each field needs that leads to a type. */
  function leadingTo(name: string): string[][] {
    const ways = objects.filter(isObjectType).flatMap((type) => fieldsOf(type).filter((field) => getNamedType(field.type).name === name))
    const byId = [...nodeTypes, ...adminNodeTypes].includes(name) ? [needsOf(fieldNamed(objectNamed(name), 'id'))] : []
    return [...ways.map(needsOf), ...byId]
  }

  test('MUST NOT take its row with it: what is guarded is nullable, or whatever leads there needs the same', () => {
    for (const type of objects.filter(isObjectType)) {
      for (const field of fieldsOf(type).filter((each) => isNonNullType(each.type))) {
        const taken = leadingTo(type.name).flatMap((given) => needsOf(field).filter((need) => !given.includes(need)))
        expect([type.name, field.name, taken]).toEqual([type.name, field.name, []])
      }
    }
  })
}) // prettier-ignore

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
