import { nothing, yamlDecimal, yamlText, yamlTime, type YamlValue } from './yaml.ts'

/** A value of a column, from its text in JSON, by the column's type as PostgreSQL prints it. */
export function yamlValue(text: string | null, type: string): YamlValue {
  if (text === null) return nothing
  if (type.endsWith('[]')) return listOf(text)
  const write = writers.get(type) ?? yamlText
  return write(text)
}

const writers: ReadonlyMap<string, (text: string) => string> = new Map([
  ...['smallint', 'integer', 'bigint', 'boolean'].map((type) => [type, (text: string) => text] as const),
  ['numeric', yamlDecimal],
  ['timestamp with time zone', yamlTime],
  ['timestamp without time zone', yamlTime],
])

/** The arrays of Yeti's tables hold numbers or texts. */
function listOf(text: string): YamlValue {
  const values: unknown = JSON.parse(text)
  if (!Array.isArray(values)) return yamlText(text)
  return values.map((value) => {
    if (value === null) return nothing
    return typeof value === 'string' ? yamlText(value) : String(value)
  })
}
