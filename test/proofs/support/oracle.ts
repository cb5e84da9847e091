import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type SelectionNode,
} from 'graphql'
import { published, requiredBy } from './published.ts'
import type { RandomOperation } from './random-operation.ts'

/** What an answer should be: the whole one with null where something is denied, and what the errors should say. */
export interface Expected {
  readonly data: unknown
  /** `coordinate permission` of each denied place. */
  readonly denials: readonly string[]
}

/**
 * The naive interpreter: takes the answer of somebody who may see everything and blanks what the profile
 * denies. It knows the published schema and nothing of the gateway's code.
 */
export function expectedAnswer(operation: RandomOperation, whole: unknown, denied: ReadonlySet<string>): Expected {
  return new Oracle(parse(operation.query), operation.variables, denied).expected(whole)
}

class Oracle {
  private readonly denials = new Map<string, string>()
  private readonly document: DocumentNode
  private readonly variables: Readonly<Record<string, unknown>>
  private readonly denied: ReadonlySet<string>

  constructor(document: DocumentNode, variables: Readonly<Record<string, unknown>>, denied: ReadonlySet<string>) {
    this.document = document
    this.variables = variables
    this.denied = denied
  }

  expected(whole: unknown): Expected {
    const operation = this.document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    const selections = operation?.selectionSet.selections ?? []
    this.note(selections, 'Query', '', null)
    return { data: this.blanked(selections, 'Query', whole), denials: [...this.denials.values()].sort() }
  }

  /** The fields asked of a type, through fragments, as `@skip` and `@include` leave them. */
  private fields(selections: readonly SelectionNode[], typeName: string): FieldNode[] {
    return selections.flatMap((selection) => {
      if (!this.isIncluded(selection)) return []
      if (selection.kind === Kind.FIELD) return [selection]
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : this.document.definitions.find(
              (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
            )
      if (!fragment || !('selectionSet' in fragment)) return []
      const condition = 'typeCondition' in fragment ? fragment.typeCondition?.name.value : undefined
      const applies = condition === undefined || condition === typeName || isInterfaceType(published.getType(condition))
      return applies ? this.fields(fragment.selectionSet.selections, typeName) : []
    })
  }

  private isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every(({ name, arguments: given = [] }) => {
      const value = given[0] && valueFromASTUntyped(given[0].value, this.variables)
      return value === (name.value === 'include')
    })
  }

  private definition(typeName: string, node: FieldNode): GraphQLField<unknown, unknown> | undefined {
    const type = published.getType(typeName)
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined
  }

  /** Why a field of this type is denied, as an error says it; null when it is not. */
  private denial(typeName: string, node: FieldNode): string | null {
    const field = this.definition(typeName, node)
    if (!field) return null
    const missing = this.missing(field)
    if (missing) return `${typeName}.${field.name} ${missing}`
    for (const argument of field.args) {
      const value = this.argument(node, argument.name)
      const found = value === undefined ? null : this.inputDenial(argument.type, value)
      if (found) return found
    }
    return null
  }

  private missing(guarded: Parameters<typeof requiredBy>[0]): string | undefined {
    return requiredBy(guarded).find((flag) => this.denied.has(flag))
  }

  private argument(node: FieldNode, name: string): unknown {
    const given = node.arguments?.find((argument) => argument.name.value === name)
    return given && valueFromASTUntyped(given.value, this.variables)
  }

  private inputDenial(type: GraphQLInputType, value: unknown): string | null {
    const named = getNamedType(type)
    if (Array.isArray(value))
      return value.map((item) => this.inputDenial(type, item)).find((found) => found !== null) ?? null
    if (!isInputObjectType(named) || typeof value !== 'object' || value === null) return null
    for (const [name, item] of Object.entries(value)) {
      const field = named.getFields()[name]
      const missing = field && this.missing(field)
      if (missing) return `${named.name}.${name} ${missing}`
      const below = field && this.inputDenial(field.type, item)
      if (below) return below
    }
    return null
  }

  /** The types that the ids of `Query.node` and `Query.nodes` name; connections have fields of these names too. */
  private typesOf(typeName: string, node: FieldNode): string[] | null {
    if (typeName !== 'Query' || (node.name.value !== 'node' && node.name.value !== 'nodes')) return null
    return [this.argument(node, 'id') ?? this.argument(node, 'ids')].flat().map((id) => typeOfId(String(id)))
  }

  private typeDenial(typeName: string): string | undefined {
    const type = published.getType(typeName)
    const id = isObjectType(type) ? type.getFields()['id'] : undefined
    return id && this.missing(id)
  }

  /** Notes the denied places of the document; `types`: what an object found by id can be. */
  private note(
    selections: readonly SelectionNode[],
    typeName: string,
    path: string,
    types: readonly string[] | null,
  ): void {
    for (const runtime of types ?? [typeName]) {
      for (const node of this.fields(selections, runtime)) {
        const at = `${path}/${node.alias?.value ?? node.name.value}`
        const denial = this.denial(runtime, node)
        if (denial) this.denials.set(`${at} ${denial}`, denial)
        else this.noteBelow(node, runtime, at)
      }
    }
  }

  private noteBelow(node: FieldNode, typeName: string, at: string): void {
    const types = this.typesOf(typeName, node)
    for (const type of types ?? []) {
      const flag = this.typeDenial(type)
      // Two types under one flag are one denial of this place.
      if (flag) this.denials.set(`${at} ${flag}`, `Query.${node.name.value} ${flag}`)
    }
    const field = this.definition(typeName, node)
    if (!field || !node.selectionSet) return
    const allowed = types && [...new Set(types)].filter((type) => !this.typeDenial(type))
    this.note(node.selectionSet.selections, getNamedType(field.type).name, at, allowed)
  }

  private blanked(selections: readonly SelectionNode[], typeName: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.blanked(selections, typeName, item))
    if (typeof value !== 'object' || value === null) return value
    const runtime =
      isInterfaceType(published.getType(typeName)) && 'id' in value ? typeOfId(String(value.id)) : typeName
    if (runtime !== typeName && this.typeDenial(runtime)) return null
    const nodes = this.fields(selections, runtime)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const same = nodes.filter((node) => (node.alias?.value ?? node.name.value) === key)
        const [first] = same
        if (!first) return [key, item]
        if (this.denial(runtime, first)) return [key, null]
        const field = this.definition(runtime, first)
        const below = same.flatMap((node) => node.selectionSet?.selections ?? [])
        return [key, field && below.length > 0 ? this.blanked(below, getNamedType(field.type).name, item) : item]
      }),
    )
  }
}

function typeOfId(id: string): string {
  return Buffer.from(id, 'base64').toString().split(':')[0] ?? ''
}
