/**
 * Filters and orders of lists, said once more and as simply as possible, over values as PostgreSQL prints them.
 */
type Text = string | null

/** Our scalars, each with what makes two values equal and which comes first. */
export type ValueType = 'String' | 'Int' | 'BigInt' | 'Decimal' | 'DateTime' | 'Boolean' | 'UUID' | 'IPAddress'

/** Microseconds since 1970. */
function microseconds(text: string): bigint {
  const [, seconds = '', fraction = ''] = /^([\d-]+[ T][\d:]+)(?:\.(\d{1,6}))?(?:Z|\+00)$/.exec(text) ?? []
  return BigInt(Date.parse(`${seconds.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

const places = 30

/** A decimal as a whole number of 10^-30. */
function scaled(text: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  const value = BigInt(whole + fraction.padEnd(places, '0'))
  return sign ? -value : value
}

/** Version 4 before version 6, each by its bytes. */
function addressBytes(text: string): string {
  if (!text.includes(':')) return `4${Buffer.from(text.split('.').map(Number)).toString('hex')}`
  const [head = '', tail = ''] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':')).map((group) => group.padStart(4, '0'))
  const [before, after] = [groups(head), groups(tail)]
  return `6${[...before, ...Array<string>(8 - before.length - after.length).fill('0000'), ...after].join('')}`
}

/** What can be compared with < and ===. Text is compared by its bytes, as the collation C does. */
export function comparable(type: ValueType, text: string): bigint | string {
  switch (type) {
    case 'Int':
    case 'BigInt':
      return BigInt(text)
    case 'Decimal':
      return scaled(text)
    case 'DateTime':
      return microseconds(text)
    case 'Boolean':
      return text.startsWith('t') ? 1n : 0n
    case 'UUID':
      return text.toLowerCase()
    case 'IPAddress':
      return addressBytes(text)
    case 'String':
      return Buffer.from(text).toString('hex')
  }
}

type Test = (row: string, given: readonly string[], type: ValueType) => boolean

function ordered(holds: (sign: number) => boolean): Test {
  return (row, [given = ''], type) => holds(compare(type, row, given))
}

function oneOf(row: string, given: readonly string[], type: ValueType): boolean {
  return given.some((value) => compare(type, row, value) === 0)
}

function lower(test: (row: string, value: string) => boolean): Test {
  return (row, given) => given.some((value) => test(row.toLowerCase(), value.toLowerCase()))
}

const operators: Readonly<Record<string, Test>> = {
  eq: ordered((sign) => sign === 0),
  notEq: ordered((sign) => sign !== 0),
  gt: ordered((sign) => sign > 0),
  gte: ordered((sign) => sign >= 0),
  lt: ordered((sign) => sign < 0),
  lte: ordered((sign) => sign <= 0),
  in: oneOf,
  notIn: (row, given, type) => !oneOf(row, given, type),
  contains: lower((row, value) => row.includes(value)),
  startsWith: lower((row, value) => row.startsWith(value)),
  endsWith: lower((row, value) => row.endsWith(value)),
  containsAny: lower((row, value) => row.includes(value)),
}

/** -1, 0 or 1. */
export function compare(type: ValueType, one: string, other: string): number {
  const [a, b] = [comparable(type, one), comparable(type, other)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** Whether a row with this value matches. A row without a value matches nothing (an empty `notIn` asks nothing). */
export function matches(type: ValueType, operator: string, row: Text, value: unknown): boolean {
  const test = operators[operator]
  if (!test) throw new TypeError(`The tests do not know the operator ${operator}`)
  const given = [value].flat().map(String)
  if (operator === 'notIn' && given.length === 0) return true
  return row !== null && test(row, given, type)
}

/** How two rows stand in a list; rows without a value are last either way. */
export function inOrder(type: ValueType, descending: boolean, one: Text, other: Text): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1
  return descending ? compare(type, other, one) : compare(type, one, other)
}
