/** What kind of value an attribute is: how GraphQL shows it, and how PostgreSQL's text is read. */
export interface Kind {
  readonly graphql: 'String' | 'Int' | 'Boolean' | 'BigInt' | 'Decimal' | 'DateTime'
  /** The type that filter values are bound as. */
  readonly sqlType: 'text' | 'int' | 'bigint' | 'numeric' | 'timestamptz' | 'boolean' | 'inet' | 'uuid'
  readonly operators: OperatorSet
  /** PostgreSQL's text of the value → what goes out; null for what has no place in the GraphQL type. */
  readonly read: (text: string) => string | number | boolean | null
}

/** Which comparisons an attribute can be filtered by; each set is one input type. */
export type OperatorSet = 'text' | 'texts' | 'number' | 'decimal' | 'bigint' | 'time' | 'boolean' | 'address' | 'uuid'

function same(text: string): string {
  return text
}

/** As PostgreSQL prints a moment of our era in UTC: to the second, then what is left of six decimals. */
const utcTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/

/** The same where a pooler has lost our connections' time zone. */
const zonedTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d)(:\d\d)?$/

/**
 * `2026-07-18 13:10:56.12+00` → `2026-07-18T13:10:56.120Z`, the milliseconds that Yeti prints. A price that is valid till
 * `infinity` has no such moment, nor has what four digits of a year cannot say.
 */
function isoTime(text: string): string | null {
  if (!utcTime.test(text)) {
    const [, date, time, minutes = ':00'] = zonedTime.exec(text) ?? []
    return date === undefined ? null : new Date(`${date}T${time}${minutes}`).toISOString()
  }
  const decimals = text.slice(20, -3)
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${decimals.padEnd(3, '0').slice(0, 3)}Z`
}

export const kinds = {
  text: { graphql: 'String', sqlType: 'text', operators: 'text', read: same },
  /** A list of them, to filter by; its field is one of its own. */
  texts: { graphql: 'String', sqlType: 'text', operators: 'texts', read: same },
  integer: { graphql: 'Int', sqlType: 'int', operators: 'number', read: Number },
  bigint: { graphql: 'BigInt', sqlType: 'bigint', operators: 'bigint', read: same },
  decimal: { graphql: 'Decimal', sqlType: 'numeric', operators: 'decimal', read: same },
  time: { graphql: 'DateTime', sqlType: 'timestamptz', operators: 'time', read: isoTime },
  boolean: { graphql: 'Boolean', sqlType: 'boolean', operators: 'boolean', read: (text) => text === 't' },
  address: { graphql: 'String', sqlType: 'inet', operators: 'address', read: same },
  uuid: { graphql: 'String', sqlType: 'uuid', operators: 'uuid', read: same },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds
