import { getNamedType, isLeafType, isObjectType, type GraphQLField, type GraphQLObjectType } from 'graphql'
import { schema } from '../../../src/schema/index.ts'
import type { Sample } from './arguments.ts'
import { flagsOf, isAdministrative } from './published.ts'
import { alone, fieldNamed, fieldsOf, objectNamed, type Selection } from './selections.ts'

interface Growing extends Selection {
  below: Selection[]
}

/**
 * What is for administrators: each of the roots' fields with what is below it. Their types lead to each other in
 * circles; so each type has all of its fields at one place, the one nearest to a root, and elsewhere its first.
 */
export function adminSelections(sample: Sample): Selection[] {
  const roots = ['Query', 'Mutation', 'Subscription'].filter((name) => schema.getType(name))
  const tops = roots.flatMap((name) => fieldsOf(objectNamed(name)).filter(isAdministrative).map((field) => grow(name, field, sample))) // prettier-ignore
  const spread = new Set<string>()
  for (let growing = tops; growing.length > 0;) {
    growing = growing.flatMap((each) => {
      const type = getNamedType(fieldNamed(objectNamed(each.on), each.field).type)
      if (!isObjectType(type)) return []
      const fields = spread.has(type.name) ? firstOf(type) : fieldsOf(type).filter((field) => flagsOf(field).length === 0)
      spread.add(type.name)
      const below = fields.map((field) => grow(type.name, field, sample))
      each.below = below
      return below
    })
  }
  return tops
} // prettier-ignore

function grow(on: string, field: GraphQLField<unknown, unknown>, sample: Sample): Growing {
  return { ...alone(on, field, sample), below: [] }
}

/** Enough to ask for a type: its id, or whatever it has first that is no object. */
function firstOf(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  const leaves = fieldsOf(type).filter((field) => isLeafType(getNamedType(field.type)))
  const first = leaves.find(({ name }) => name === 'id') ?? leaves[0] ?? fieldsOf(type)[0]
  return first ? [first] : []
}
