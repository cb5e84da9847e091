import { expect } from 'vitest'
import { permissionKeys, permissions, type Permission } from '../../../src/permissions/permissions.ts'
import type { Answer, Asking, Gateway } from '../../support/gateway.ts'
import { documentOf, type Way } from './document.ts'
import { sorted, type Denied } from './expectation.ts'
import type { Selection } from './selections.ts'

/** The fields of one operation. */
export type Operation = readonly Selection[]

/** Root fields in as few operations as one document may hold. */
export function operationsOf(selections: readonly Selection[]): Operation[] {
  const operations: Selection[][] = []
  for (const each of selections) {
    const last = operations.at(-1)
    if (last && documentOf([...last, each]).length <= 6_000) last.push(each)
    else operations.push([each])
  }
  return operations
}

/** One operation as several that have at most so many leaves each, which an operation full of aliases may have. */
export function inParts(selections: readonly Selection[], leaves: number): Operation[] {
  const paths = selections.flatMap(pathsOf)
  const parts = Array.from({ length: Math.ceil(paths.length / leaves) }, (_, n) => paths.slice(n * leaves, (n + 1) * leaves))
  return parts.map(joined)
} // prettier-ignore

function pathsOf(selection: Selection): Selection[][] {
  if (selection.below.length === 0) return [[selection]]
  return selection.below.flatMap(pathsOf).map((path) => [selection, ...path])
}

function joined(paths: readonly Selection[][]): Selection[] {
  const heads = [...new Set(paths.flatMap(([head]) => head ?? []))]
  return heads.map((head) => {
    const below = paths.filter(([first]) => first === head).map((path) => path.slice(1))
    return { ...head, below: joined(below.filter((path) => path.length > 0)) }
  })
}

export function ask(gateway: Pick<Gateway, 'ask'>, operation: Operation, way: Way, asking: Asking): Promise<Answer> {
  return gateway.ask(documentOf(operation, way), asking)
}

/** The data without what differs each time it is asked for: tokens of links, and until when they are good. */
export function lasting(data: unknown): unknown {
  const text = JSON.stringify(data ?? null)
  return JSON.parse(
    text.replace(/\/files\/[\w.~-]+/g, '/files/token').replace(/("expiresAt\w*"):"[^"]+"/g, '$1:"later"'),
  )
}

/** What an answer denies. Fails for any other error in it, and for a status that says more than that it was answered. */
export function denialsOf({ status, errors = [] }: Answer): Denied[] {
  expect(status).toBe(200)
  const denials = errors.map(({ message, path = [], extensions }) => {
    const { code, permission, coordinate } = extensions
    expect({ code, message }).toEqual({
      code: 'FORBIDDEN',
      message: `${coordinate} needs the permission ${permission}.`,
    })
    return { permission: String(permission), coordinate: String(coordinate), path: path.map(String) }
  })
  return sorted(denials)
}

/** Each error's path is there in the data, down to null or to the first list. */
export function expectRealPaths({ data, errors = [] }: Answer): void {
  for (const { path = [] } of errors) {
    let value: unknown = data
    for (const key of path) {
      expect(value).toHaveProperty([key])
      value = Object(value)[key]
    }
    expect(value === null || Array.isArray(value)).toBe(true)
  }
}

/** What is asked of the databases meanwhile, without what counts denials in the background. */
export async function statementsDuring<T>(
  { app }: Gateway,
  work: () => Promise<T>,
): Promise<{ result: T; statements: string[] }> {
  const statements: string[] = []
  const { databases } = app.services
  databases.onStatement = (_, text) => {
    if (!text.includes('portal.denials')) statements.push(text)
  }
  try {
    return { result: await work(), statements }
  } finally {
    databases.onStatement = null
  }
}

/** A flag of the catalogue by the name that GraphQL shows. */
export function keyOf(flag: string): Permission {
  const key = permissionKeys.find((each) => permissions[each].column.toUpperCase() === flag)
  if (key === undefined) throw new TypeError(`No flag ${flag}`)
  return key
}

/** Whether a flag decides over anything in this selection. */
export function isAbout(selection: Selection, flag: string): boolean {
  return selection.flags.includes(flag) || selection.below.some((each) => isAbout(each, flag))
}

/** The coordinates of fields that are asked for. */
export function coordinatesIn(selections: readonly Selection[]): string[] {
  return selections.flatMap((each) => [`${each.on}.${each.field}`, ...coordinatesIn(each.below)])
}

/** The coordinates that have a value somewhere in an answer. */
export function coordinatesWithValue(selections: readonly Selection[], data: unknown): string[] {
  return [data].flat().flatMap((row) => {
    if (typeof row !== 'object' || row === null) return []
    const value = new Map<string, unknown>(Object.entries(row))
    const own = selections.filter(({ on }) => !value.has('__typename') || value.get('__typename') === on)
    return own.flatMap((each) => {
      const found = value.get(each.key)
      if (found === undefined || found === null) return []
      return [`${each.on}.${each.field}`, ...coordinatesWithValue(each.below, found)]
    })
  })
}
