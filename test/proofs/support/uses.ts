import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLInputType,
  type SelectionNode,
} from 'graphql'
import { published, requiredBy } from './published.ts'
import type { RandomOperation } from './random-operation.ts'

/** Something that an operation uses, as the published schema has it. */
export interface Use {
  readonly kind: 'FIELD' | 'ARGUMENT' | 'INPUT_FIELD' | 'TYPE'
  readonly path: readonly string[]
  readonly input: string | null
  readonly coordinate: string
  /** The flags that it says it requires. */
  readonly needs: readonly string[]
}

/** Everything that an operation uses, found in its text and the published schema, and nowhere in the gateway. */
export function usesOf({ query, variables }: RandomOperation): Use[] {
  const document = parse(query)
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new TypeError('No operation')
  const root = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[operation.operation]
  const found = new Map<string, Use>()
  const finder = new Finder(document, variables, (use) => {
    const key = JSON.stringify([use.path, use.kind, use.coordinate, use.input])
    if (!found.has(key)) found.set(key, use)
  })
  finder.selections(operation.selectionSet.selections, root, [])
  return [...found.values()]
}

class Finder {
  private readonly document: DocumentNode
  private readonly variables: Readonly<Record<string, unknown>>
  private readonly add: (use: Use) => void

  constructor(document: DocumentNode, variables: Readonly<Record<string, unknown>>, add: (use: Use) => void) {
    this.document = document
    this.variables = variables
    this.add = add
  }

  selections(selections: readonly SelectionNode[], typeName: string, path: readonly string[]): void {
    for (const selection of selections) {
      if (!this.isIncluded(selection)) continue
      if (selection.kind === Kind.FIELD) this.field(selection, typeName, path)
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        this.selections(selection.selectionSet.selections, selection.typeCondition?.name.value ?? typeName, path)
      else {
        const name = selection.name.value
        const fragment = this.document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
        )
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
          this.selections(fragment.selectionSet.selections, fragment.typeCondition.name.value, path)
      }
    }
  }

  private isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every(({ name, arguments: given = [] }) => {
      const value = given[0] && valueFromASTUntyped(given[0].value, this.variables)
      return value === (name.value === 'include')
    })
  }

  private field(node: FieldNode, typeName: string, above: readonly string[]): void {
    const type = published.getType(typeName)
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined
    if (!field) return
    const path = [...above, node.alias?.value ?? node.name.value]
    const coordinate = `${typeName}.${field.name}`
    this.add({ kind: 'FIELD', path, input: null, coordinate, needs: requiredBy(field) })
    for (const argument of field.args) {
      const given = node.arguments?.find(({ name }) => name.value === argument.name)
      const value = given && valueFromASTUntyped(given.value, this.variables)
      if (value === undefined || value === null) continue
      const at = { kind: 'ARGUMENT', path, input: argument.name, needs: requiredBy(argument) } as const
      this.add({ ...at, coordinate: `${coordinate}(${argument.name}:)` })
      this.inputFields(argument.type, value, path, argument.name)
      if (coordinate === 'Query.node' || coordinate === 'Query.nodes') this.types([value].flat(), path)
    }
    this.selections(node.selectionSet?.selections ?? [], getNamedType(field.type).name, path)
  }

  private inputFields(type: GraphQLInputType, value: unknown, path: readonly string[], input: string): void {
    const open = isNonNullType(type) ? type.ofType : type
    if (isListType(open)) {
      const items = Array.isArray(value) ? value : [value]
      items.forEach((item, index) => this.inputFields(open.ofType, item, path, `${input}[${index}]`))
      return
    }
    if (!isInputObjectType(open) || typeof value !== 'object' || value === null) return
    for (const [name, item] of Object.entries(value)) {
      const field = open.getFields()[name]
      if (!field || item === null) continue
      const at = `${input}.${name}`
      this.add({ kind: 'INPUT_FIELD', path, input: at, coordinate: `${open.name}.${name}`, needs: requiredBy(field) })
      this.inputFields(field.type, item, path, at)
    }
  }

  private types(ids: readonly unknown[], path: readonly string[]): void {
    for (const id of ids) {
      const name = Buffer.from(String(id), 'base64').toString().split(':')[0] ?? ''
      const type = published.getType(name)
      const needs = isObjectType(type) && type.getFields()['id']
      if (needs) this.add({ kind: 'TYPE', path, input: null, coordinate: name, needs: requiredBy(needs) })
    }
  }
}
