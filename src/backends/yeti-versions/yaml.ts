/** What the log holds of a value: a scalar's text as YAML spells it, or a list. */
export type YamlValue = string | readonly YamlValue[]

/** Nothing at all, as Ruby writes its nil. */
export const nothing = ''

/**
 * A flat record as Ruby's Psych writes it, which is not quite YAML: it takes `12,345` for a number and `:x` for a symbol,
 * and refuses some characters. Libraries know neither, and take as long for a thousand records as a request should.
 */
export function yamlOf(record: Iterable<readonly [name: string, value: YamlValue]>): string {
  const lines = [...record].map(([name, value]) => `${name}:${after(value, '')}\n`)
  return lines.length === 0 ? '--- {}\n' : `---\n${lines.join('')}`
}

/** What stands after a name or a dash. */
function after(value: YamlValue, indent: string): string {
  if (typeof value === 'string') return value === nothing ? '' : ` ${value}`
  if (value.length === 0) return ' []'
  return `\n${items(value, indent)}`
}

function items(values: readonly YamlValue[], indent: string): string {
  return values
    .map((value) => {
      const isList = typeof value !== 'string' && value.length > 0
      // A list in a list begins on the line of its dash.
      return isList ? `${indent}- ${items(value, `${indent}  `).trimStart()}` : `${indent}-${after(value, indent)}`
    })
    .join('\n')
}

/** Words and names that mean nothing else, in no version of YAML. */
const plain = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z](?:[\w ./@-]*[\w./@-])?$/i

/** Characters that readers refuse, or take for the end of a line, though JSON has them as they are. */
const unreadable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

export function yamlText(text: string): string {
  if (plain.test(text)) return text
  return JSON.stringify(text).replace(unreadable, (character) => `\\u${hex(character)}`)
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** A moment as PostgreSQL writes it in JSON, in UTC with or without saying so. */
const moment = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00:00)?$/

/** `2026-07-18T13:10:56.12+00:00` → `2026-07-18 13:10:56.120000000 Z`; what is no such moment stays a text. */
export function yamlTime(text: string): string {
  const [, date, time, decimals = ''] = moment.exec(text) ?? []
  return date === undefined ? yamlText(text) : `${date} ${time}.${decimals.padEnd(9, '0')} Z`
}

/** `100.50` → `!ruby/object:BigDecimal 18:0.1005e3`, whose first number tells how much room to make for the digits. */
export function yamlDecimal(text: string): string {
  const [, sign, whole = '', decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (sign === undefined) return yamlText(text)
  const digits = `${whole}${decimals}`.replace(/^0+/, '')
  if (digits === '') return '!ruby/object:BigDecimal 18:0.0'
  const exponent = digits.length - decimals.length
  return `!ruby/object:BigDecimal ${roomFor(digits)}:${sign}0.${digits.replace(/0+$/, '')}e${exponent}`
}

/** Ruby makes room for nine digits at a time, and for nine more than there are. */
function roomFor({ length }: string): number {
  return 9 * (Math.ceil(length / 9) + 1)
}
