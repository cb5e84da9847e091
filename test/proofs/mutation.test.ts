import { readFileSync } from 'node:fs'
import {
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { deniedPlaces } from '../../src/enforcement/walk.ts'
import { capabilityKeys, isCapability } from '../../src/permissions/capabilities.ts'
import { isIdentityScope, type Rule } from '../../src/permissions/rule.ts'
import { permissions, type Permission } from '../../src/permissions/permissions.ts'
import { adminScopes, anonymousScopes, customerScopes, type Scope, type Scopes } from '../../src/permissions/scopes.ts'
import { coordinatesOf } from '../../src/schema/rules/coordinates.ts'
import { schema } from '../../src/schema/index.ts'
import { resourceOfId } from '../../src/schema/resource/node.ts'
import { ruleAt } from '../../src/schema/rules/rules.ts'
import { adminUsesOf } from '../admin/support/uses.ts'
import { adminSelections } from '../permissions/support/admin-selections.ts'
import type { Sample } from '../permissions/support/arguments.ts'
import { documentOf } from '../permissions/support/document.ts'
import {
  adminNodeTypes,
  everyObjectById,
  nodeTypes,
  otherRootSelections,
  rootSelections,
} from '../permissions/support/selections.ts'
import { operationWith, usesOf } from '../permissions/support/uses.ts'
import { allBut } from '../support/gateway.ts'

// Takes each guard out of the schema in turn, and looks who notices: the committed manifest, always; and the
// decision of operations that meet it, unless the same flag denies them further out already.

type Guarded = GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField

interface Guard {
  readonly coordinate: string
  readonly guarded: Guarded
  readonly rule: Rule
  readonly scope: Scope
}

function id(type: string, key: string): string {
  return Buffer.from(`${type}:${key}`).toString('base64')
}

const uuid = '00000000-0000-4000-8000-000000000000'
const sample: Sample = {
  accountId: id('Account', uuid),
  fromTime: '2026-01-01T00:00:00Z',
  toTime: '2026-01-02T00:00:00Z',
  ids: Object.fromEntries(
    [...nodeTypes, ...adminNodeTypes].map((type) => [
      type,
      resourceOfId(id(type, uuid)) ? id(type, uuid) : id(type, '1'),
    ]),
  ),
  given: {},
}

/** Every guard: a coordinate, and one scope that it needs. What is open to everybody has none. */
const guards: Guard[] = Object.values(schema.getTypeMap()).flatMap((type) => {
  if (type.name.startsWith('__')) return []
  if (isInputObjectType(type))
    return Object.values(type.getFields()).flatMap((field) => guardsOf(`${type.name}.${field.name}`, field))
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => {
    const coordinate = `${type.name}.${field.name}`
    return [
      ...guardsOf(coordinate, field),
      ...field.args.flatMap((each) => guardsOf(`${coordinate}(${each.name}:)`, each)),
    ]
  })
})

function guardsOf(coordinate: string, guarded: Guarded): Guard[] {
  const rule = ruleAt(guarded)
  return rule.flatMap((scope) => (scope === 'public' ? [] : [{ coordinate, guarded, rule, scope }]))
}

/** Every operation that could meet a guard: all fields from the roots and by id, and each use of an argument. */
const operations = [
  ...rootSelections(sample).map((each) => ({ query: documentOf([each]), variables: {} })),
  ...otherRootSelections(sample).map((each) => ({ query: documentOf([each]), variables: {} })),
  ...everyObjectById(sample).map((each) => ({ query: documentOf([each]), variables: {} })),
  ...adminSelections(sample).map((each) => ({ query: documentOf([each]), variables: {} })),
  ...[...usesOf(sample), ...adminUsesOf(sample)].map((use) => operationWith([use], 'as a literal', sample)),
].map(({ query, variables }) => ({ document: parse(query), text: query, variables }))

/** What these scopes are denied in all of these operations, as text to compare. */
function decisions(scopes: Scopes, about: typeof operations): string {
  return JSON.stringify(
    about.map(({ document, variables }) => {
      const [operation, ...others] = document.definitions
      if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('Not an operation')
      const fragments = new Map(
        others.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])),
      )
      return deniedPlaces({ schema, operation, fragments, scopes, variables }).map(({ denial, coordinate, path }) => ({
        denial,
        coordinate,
        path,
      }))
    }),
  )
}

/** Somebody who lacks this one scope and nothing else. */
function without(scope: Scope): Scopes {
  if (scope === 'authenticated') return anonymousScopes
  if (isCapability(scope)) return adminScopes(new Set(capabilityKeys.filter((key) => key !== scope)))
  return scope === 'admin' ? customerScopes(allBut()) : customerScopes(allBut(scope as Permission))
}

/** The rule with one scope less; what needs nothing any more is open to everybody. */
function withoutScope(rule: Rule, scope: Scope): Rule {
  const [first, ...rest] = rule.filter((each) => each !== scope)
  return first === undefined ? ['public'] : [first, ...rest]
}

/** What somebody without a scope is denied in the operations about a name, while every guard is in its place. */
const known = new Map<string, string>()

type Outcome = 'noticed' | 'shadowed' | 'missed'

function outcomeWithout({ guarded, rule, scope, coordinate }: Guard): Outcome {
  const name = /\w+(?=:?\)?$)/.exec(coordinate)?.[0] ?? coordinate
  const about = operations.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text))
  const scopes = without(scope)
  const before = known.get(`${scope} ${name}`) ?? decisions(scopes, about)
  known.set(`${scope} ${name}`, before)
  guarded.extensions = { ...guarded.extensions, rule: withoutScope(rule, scope) }
  try {
    if (decisions(scopes, about) !== before) return 'noticed'
    // Whoever lacks the scope never comes as far as this guard.
    return before.includes(`"${coordinate}"`) ? 'missed' : 'shadowed'
  } finally {
    guarded.extensions = { ...guarded.extensions, rule }
  }
}

function manifestLine(coordinate: string, rule: Rule): string {
  return `${coordinate}: ${rule.map((scope) => (isIdentityScope(scope) || isCapability(scope) ? `@${scope}` : permissions[scope].column)).join(' ')}`
}

const manifest = readFileSync(new URL('../../permissions.manifest', import.meta.url), 'utf8')
  .trim()
  .split('\n')

describe('the committed manifest', () => {
  it('MUST be what the schema says, so that every guard that is lost or changed shows in a review', () => {
    expect(coordinatesOf(schema).map(({ name, rule }) => manifestLine(name, rule))).toEqual(manifest)
  })

  it('MUST differ when any one guard is taken out', () => {
    const lines = new Set(manifest)
    const unseen = guards.filter(({ coordinate, rule, scope }) =>
      lines.has(manifestLine(coordinate, withoutScope(rule, scope))),
    )
    expect(unseen).toEqual([])
  })
})

describe('each guard of the schema', () => {
  it(
    'MUST be noticed by the decision when it is taken out, unless another denies the same further out',
    { timeout: 120_000 },
    () => {
      expect(decisions(adminScopes(new Set()), operations)).toContain('FORBIDDEN')
      const outcomes = guards.map((guard) => ({ ...guard, outcome: outcomeWithout(guard) }))
      const count = (wanted: Outcome): number => outcomes.filter(({ outcome }) => outcome === wanted).length
      console.info(`${guards.length} guards were taken out: ${count('noticed')} noticed, ${count('shadowed')} shadowed`)
      expect(outcomes.filter(({ outcome }) => outcome === 'missed').map(({ coordinate }) => coordinate)).toEqual([])
      // The guard nearest to the root of each flag is never shadowed.
      const noticed = new Set(outcomes.flatMap(({ outcome, scope }) => (outcome === 'noticed' ? [scope] : [])))
      expect([...new Set(guards.map(({ scope }) => scope))].filter((scope) => !noticed.has(scope))).toEqual([])
    },
  )
})
