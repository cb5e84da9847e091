import { GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql'

interface TextScalar {
  readonly name: string
  readonly description: string
  readonly expected: string
  /** The text as it is handed on, or null when it is not one of ours. */
  readonly parse: (text: string) => string | null
  readonly literals: readonly string[]
}

/** A scalar that travels as text in both directions, so that no digit is lost on the way. */
function textScalar({ name, description, expected, parse, literals }: TextScalar): GraphQLScalarType<string, string> {
  // GraphQL wraps this with where it was; an error of its own class it would pass on without.
  const unreadable = `expected ${expected}.`

  function parsed(value: unknown): string {
    // A number that JSON could not hold exactly is not the one that was meant.
    const exact = typeof value === 'number' && literals.includes(Kind.INT) && Math.abs(value) <= Number.MAX_SAFE_INTEGER
    const text = typeof value === 'string' || exact ? parse(String(value)) : null
    if (text === null) throw new TypeError(unreadable)
    return text
  }
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: String,
    parseValue: parsed,
    parseLiteral(node: ValueNode) {
      if (!literals.includes(node.kind) || !('value' in node)) throw new TypeError(unreadable)
      return parsed(String(node.value))
    },
  })
}

const dateTime = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/

function parseDateTime(text: string): string | null {
  const [, year, month, day] = dateTime.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined || year === '0000') return null
  const calendar = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  // Date rolls 31 February over to March; the caller meant something else.
  const exists = calendar.getUTCMonth() === Number(month) - 1 && calendar.getUTCDate() === Number(day)
  return exists && !Number.isNaN(Date.parse(text)) ? text : null
}

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

function parseBigInt(text: string): string | null {
  if (!/^-?\d{1,19}$/.test(text)) return null
  const value = BigInt(text)
  return value >= int64.min && value <= int64.max ? value.toString() : null
}

export const DateTimeScalar = textScalar({
  name: 'DateTime',
  description:
    'A moment in ISO 8601, in UTC where the gateway answers: `2026-07-18T13:10:56.000Z`. An offset is required.',
  expected: 'ISO 8601 with an offset, for instance 2026-07-18T13:10:56Z',
  parse: parseDateTime,
  literals: [Kind.STRING],
})

export const DecimalScalar = textScalar({
  name: 'Decimal',
  description: 'An exact decimal number as text, for money and rates: `"12.50"`. Never a float.',
  expected: 'a decimal number, for instance "12.5"',
  parse: (text) => (/^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? text : null),
  literals: [Kind.STRING, Kind.INT, Kind.FLOAT],
})

export const BigIntScalar = textScalar({
  name: 'BigInt',
  description: 'A whole number of up to 64 bits, as text, since JSON readers lose digits of larger ones.',
  expected: 'a whole number of up to 64 bits',
  parse: parseBigInt,
  literals: [Kind.STRING, Kind.INT],
})

/** What JSON can say; of which shape is for the field or argument to tell. */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value; the description of where it stands says of which shape.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
})
