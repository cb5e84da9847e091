import type { Sql } from 'sql-template-tag'

export { default as sql, empty, join, raw } from 'sql-template-tag'

/** ClickHouse takes parameters by name and type. */
type ParameterType = 'Int64' | 'UInt32' | 'UInt64' | 'Float64' | 'String' | 'Array(UInt32)' | "DateTime64(3, 'UTC')"

class Parameter {
  readonly type: ParameterType
  readonly value: unknown

  constructor(type: ParameterType, value: unknown) {
    this.type = type
    this.value = value
  }
}

/** Text of ours, and values that are bound: those of `bound`. */
export type Statement = Sql

/** A value in a statement. Only these get into one. */
export function bound(type: ParameterType, value: unknown): Parameter {
  return new Parameter(type, value)
}

/** A moment, from ISO 8601. */
export function moment(iso: string): Parameter {
  return bound("DateTime64(3, 'UTC')", new Date(iso))
}

/** As the client sends it. */
export function compiled({ strings, values }: Statement): { text: string; parameters: Record<string, unknown> } {
  const parameters: Record<string, unknown> = {}
  const text = strings.reduce((before, after, index) => {
    const value = values[index - 1]
    if (!(value instanceof Parameter)) throw new TypeError('a value in a statement of ClickHouse has no type')
    const name = `p${index}`
    parameters[name] = value.value
    return `${before}{${name}:${value.type}}${after}`
  })
  return { text, parameters }
}
