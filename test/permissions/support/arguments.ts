import { isEnumType, isInputObjectType, isListType, isNonNullType, type GraphQLInputType } from 'graphql'

/** What arguments are filled with: real ids, and a period that stays the same during a test. */
export interface Sample {
  readonly accountId: string
  readonly fromTime: string
  readonly toTime: string
  /** A global id by object type, of an object that has a value nearly everywhere. */
  readonly ids: Readonly<Record<string, string>>
  /** Literals for arguments that take nothing but some values: `Query.checkRate(number:)`. */
  readonly given: Readonly<Record<string, string>>
}

/** A value for an argument or input field, as a literal. */
export function literal(name: string, type: GraphQLInputType, sample: Sample): string {
  if (isNonNullType(type)) return literal(name, type.ofType, sample)
  if (isListType(type)) return `[${literal(name, type.ofType, sample)}]`
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    const required = fields.filter((each) => isNonNullType(each.type))
    const one = fields.find((each) => each.name === 'timeStart' || each.name === 'gte') ?? fields[0]
    const given = required.length > 0 || !one ? required : [one]
    return `{ ${given.map((field) => `${field.name}: ${literal(field.name, field.type, sample)}`).join(', ')} }`
  }
  if (isEnumType(type)) {
    const values = type.getValues().map((value) => value.name)
    return values.find((value) => value === 'HOUR') ?? String(values[0])
  }
  return JSON.stringify(scalar(name, type.name, sample))
}

/** `outgoingNumberlistId` takes the id of an OutgoingNumberlist. */
function idFor(name: string, { accountId, ids }: Sample): string {
  const type = name.replace(/Id$/, '').replace(/^./, (letter) => letter.toUpperCase())
  return ids[type] ?? accountId
}

function scalar(name: string, type: string, sample: Sample): unknown {
  const { fromTime, toTime } = sample
  if (name === 'first') return 3
  if (name === 'toTime') return toTime
  if (type === 'DateTime') return fromTime
  if (type === 'ID') return idFor(name, sample)
  if (type === 'Boolean') return true
  return type === 'Int' || type === 'Float' ? 1 : '1'
}
