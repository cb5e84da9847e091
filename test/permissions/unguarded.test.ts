import { readdirSync, readFileSync } from 'node:fs'
import SchemaBuilder, { type InputFieldMap } from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { execute, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { anonymous } from '../../src/identity/viewer.ts'
import type { Scope } from '../../src/permissions/scopes.ts'
import { emptyCaches, type Context } from '../../src/schema/context.ts'
import { schema } from '../../src/schema/index.ts'
import '../../src/schema/rules/rules-plugin.ts'

// A schema of its own with the gateway's plugins, so that what must not be built can be tried.

function aBuilder() {
  return new SchemaBuilder<{ Context: Context; AuthScopes: Record<Scope, true>; DefaultAuthStrategy: 'all' }>({
    plugins: [ScopeAuthPlugin, 'rules'],
    scopeAuth: { defaultStrategy: 'all', authScopes: ({ viewer }) => viewer.scopes },
  })
}

type Builder = ReturnType<typeof aBuilder>
interface Rule {
  readonly authScopes?: unknown
}

const ruled = { authScopes: { account: true } } as const

/** What the types refuse, which a cast or JavaScript would let through. */
function careless(rule: Rule) {
  return rule as typeof ruled
}

const places: readonly (readonly [coordinate: string, declare: (builder: Builder, rule: Rule) => void])[] = [
  ['Query.field', (builder, rule) => query(builder, careless(rule))],
  [
    'Thing.field',
    (builder, rule) => {
      const Thing = builder.objectRef<object>('Thing')
      Thing.implement({ fields: (t) => ({ field: t.string({ ...careless(rule), resolve: () => '' }) }) })
      query(builder, ruled)
    },
  ],
  [
    'Shape.field',
    (builder, rule) => {
      builder.interfaceRef<object>('Shape').implement({ fields: (t) => ({ field: t.string(careless(rule)) }) })
      query(builder, ruled)
    },
  ],
  [
    'Mutation.field',
    (builder, rule) => {
      builder.mutationType({ fields: (t) => ({ field: t.string({ ...careless(rule), resolve: () => '' }) }) })
      query(builder, ruled)
    },
  ],
  ['Query.field(argument:)', (builder, rule) => query(builder, ruled, careless(rule))],
  [
    'Input.field',
    (builder, rule) => {
      builder.inputType('Input', { fields: (t): InputFieldMap => ({ field: t.string(careless(rule)) }) })
      query(builder, ruled)
    },
  ],
]

function query(builder: Builder, field: typeof ruled, argument?: typeof ruled): void {
  builder.queryType({
    fields: (t) => ({
      field: t.string({ ...field, args: argument ? { argument: t.arg.string(argument) } : {}, resolve: () => 'told' }),
    }),
  })
}

describe.each(places)('%s', (coordinate, declare) => {
  function build(rule: Rule) {
    const builder = aBuilder()
    declare(builder, rule)
    return builder.toSchema()
  }

  test('MAY be built with a rule', () => {
    for (const authScopes of [{ account: true }, { public: true }, { authenticated: true, account: true }]) {
      expect(() => build({ authScopes })).not.toThrow()
    }
  })

  test.each([
    ['without a rule', {}],
    ['with undefined as rule', { authScopes: undefined }],
    ['with null as rule', { authScopes: null }],
    ['with true as rule', { authScopes: true }],
    ['with a function as rule', { authScopes: () => true }],
    ['with a list as rule', { authScopes: [] }],
    ['with an empty rule', { authScopes: {} }],
    ['with false in its rule', { authScopes: { account: false } }],
    ['with undefined in its rule', { authScopes: { account: true, invoices: undefined } }],
    ['with a scope that there is none of', { authScopes: { acount: true } }],
    ['with a scope of scope-auth’s own', { authScopes: { $any: { public: true, account: true } } }],
  ])('MUST NOT be built %s, and the error names it', (_, rule) => {
    expect(() => build(rule)).toThrow(coordinate)
  })
})

describe('Scope-auth', () => {
  test('MUST be on in the schema that is served', async () => {
    // Straight to the resolvers, past everything that decides before.
    const contextValue = { viewer: anonymous, ...emptyCaches(), setCookies: [] }
    const { data, errors } = await execute({ schema, document: parse('{ viewer { login } }'), contextValue })
    expect(data).toEqual({ viewer: null })
    expect(errors?.map(({ message }) => message)).toEqual(['Sign in first.'])
  })

  test('MUST NOT be turned off, nor asked for any rule but all, anywhere in the source', () => {
    const folder = new URL('../../src/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const sources = files.map((name) => readFileSync(new URL(name, folder), 'utf8'))
    expect(sources.filter((text) => text.includes('disableScopeAuth'))).toEqual([])
    expect(sources.filter((text) => /skipTypeScopes|skipInterfaceScopes|grantScopes|\$granted/.test(text))).toEqual([])
    expect(sources.filter((text) => text.includes("defaultStrategy: 'all'"))).toHaveLength(1)
  })
})
