import { builder } from '../builder.ts'
import { filterInput, equality } from './filter-inputs.ts'

/** What an enum value is in the database, and what it means. */
interface EnumValue {
  /** The code as PostgreSQL prints it: `10`, `Pending`. */
  readonly code: string
  readonly description?: string
}

/** An attribute with one of a few values, which Yeti keeps as codes or words. */
export interface EnumKind {
  readonly operators: 'enum'
  readonly sqlType: 'int' | 'text'
  readonly ref: ReturnType<typeof enumRef>
  /** The input type of its filter, made when something is filtered by it. */
  readonly filter: () => ReturnType<typeof filterInput>
  /** PostgreSQL's text of the code → the name; null for a code that nobody has told us of. */
  readonly read: (text: string) => string | null
  /** The name → the code that columns hold. */
  readonly code: (name: string) => string
}

function enumRef(name: string, description: string, values: Readonly<Record<string, EnumValue>>) {
  const described: Record<string, { description?: string }> = Object.fromEntries(
    Object.entries(values).map(([value, { description: about }]) => [
      value,
      about === undefined ? {} : { description: about },
    ]),
  )
  return builder.enumType(name, { description, values: described })
}

/** Makes the enum type and the kind of attributes that have it; their filter is `<Name>Filter`. */
export function enumKind(
  name: string,
  description: string,
  sqlType: EnumKind['sqlType'],
  values: Readonly<Record<string, EnumValue>>,
): EnumKind {
  const names = new Map(Object.entries(values).map(([value, { code }]) => [code, value]))
  const ref = enumRef(name, description, values)
  let filter: ReturnType<typeof filterInput> | undefined
  return {
    operators: 'enum',
    sqlType,
    ref,
    filter: () => (filter ??= filterInput(`${name}Filter`, ref, equality)),
    read: (text) => names.get(text) ?? null,
    code: (value) => {
      const known = values[value]
      if (!known) throw new TypeError(`${name} has no value ${value}`)
      return known.code
    },
  }
}
