import { getNamedType, isInputObjectType, Kind, parse, type GraphQLInputType, type ValueNode } from 'graphql'
import { adminSelections } from '../../permissions/support/admin-selections.ts'
import type { Sample } from '../../permissions/support/arguments.ts'
import { isAdministrative, needsOf } from '../../permissions/support/published.ts'
import { fieldNamed, objectNamed, type Selection } from '../../permissions/support/selections.ts'
import { usesWithin, type Use } from '../../permissions/support/uses.ts'

/** Every argument and input field that is for administrators, wherever one of their fields takes it. */
export function adminUsesOf(sample: Sample): Use[] {
  return usesWithin(adminSelections(sample), isAdministrative, sample)
}

export interface UsedInput {
  readonly coordinate: string
  readonly flags: readonly string[]
}

/** What the arguments of a root's field use, as they are written there, with what each needs. */
export function usedBy({ on, field, args }: Selection): UsedInput[] {
  const [definition] = parse(`{ ${field}${args} }`).definitions
  const [node] = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : []
  const given = node?.kind === Kind.FIELD ? (node.arguments ?? []) : []
  return fieldNamed(objectNamed(on), field).args.flatMap((argument) => {
    const value = given.find(({ name }) => name.value === argument.name)?.value
    if (value === undefined) return []
    return [{ coordinate: `${on}.${field}(${argument.name}:)`, flags: needsOf(argument) }, ...usedIn(argument.type, value)]
  })
} // prettier-ignore

function usedIn(type: GraphQLInputType, value: ValueNode): UsedInput[] {
  const named = getNamedType(type)
  if (value.kind === Kind.LIST) return value.values.flatMap((each) => usedIn(type, each))
  if (!isInputObjectType(named) || value.kind !== Kind.OBJECT) return []
  return value.fields.flatMap(({ name, value: below }) => {
    const field = named.getFields()[name.value]
    return field ? [{ coordinate: `${named.name}.${name.value}`, flags: needsOf(field) }, ...usedIn(field.type, below)] : []
  })
} // prettier-ignore
