import { isIP } from 'node:net'
import type { Operator } from '../../backends/filters.ts'
import { BadUserInputError } from '../../errors.ts'
import { builder } from '../builder.ts'
import type { OperatorSet } from './kinds.ts'

type FilterType =
  | 'String'
  | 'Int'
  | 'Boolean'
  | 'BigInt'
  | 'Decimal'
  | 'DateTime'
  | 'ID'
  | ReturnType<typeof builder.enumType<string, Record<string, object>>>

export const equality = ['eq', 'notEq', 'in', 'notIn'] as const
const ordering = [...equality, 'gt', 'gte', 'lt', 'lte'] as const

const meanings: Readonly<Record<Operator, string>> = {
  eq: 'Equal.',
  notEq: 'Not equal; rows without a value do not match.',
  gt: 'Greater than, or later.',
  gte: 'Greater or equal, or not earlier.',
  lt: 'Less than, or earlier.',
  lte: 'Less or equal, or not later.',
  in: 'One of these.',
  notIn: 'None of these; rows without a value do not match, unless the list is empty, which every row matches.',
  contains: 'Contains this text; upper and lower case are alike.',
  startsWith: 'Begins with this text; upper and lower case are alike.',
  endsWith: 'Ends with this text; upper and lower case are alike.',
  containsAny: 'Contains one of these texts; upper and lower case are alike.',
  has: 'One of its values is this.',
  hasAny: 'One of its values is one of these.',
}

const lists: ReadonlySet<Operator> = new Set<Operator>(['in', 'notIn', 'containsAny', 'hasAny'])

/** More values than this in one list filter are a mistake or an attack. */
const maxListValues = 500

/** An input type with these comparisons of one type. */
export function filterInput(name: string, type: FilterType, operators: readonly Operator[]) {
  return builder.inputType(name, {
    description: 'What is given must all hold. Leave out what does not matter: `null` is not a value to compare with.',
    fields: (t) =>
      Object.fromEntries(
        operators.map((operator) => {
          // The rule of what is filtered stands at the field of `where` that uses this input.
          const options = { description: meanings[operator], authScopes: { authenticated: true } } as const
          return [operator, lists.has(operator) ? t.field({ type: [type], ...options }) : t.field({ type, ...options })]
        }),
      ),
  })
}

/** One input type per set of operators, shared by all lists. */
export const filterInputs = {
  text: filterInput('StringFilter', 'String', [...equality, 'contains', 'startsWith', 'endsWith', 'containsAny']),
  texts: filterInput('StringListFilter', 'String', ['has', 'hasAny']),
  number: filterInput('IntFilter', 'Int', ordering),
  bigint: filterInput('BigIntFilter', 'BigInt', ordering),
  decimal: filterInput('DecimalFilter', 'Decimal', ordering),
  time: filterInput('DateTimeFilter', 'DateTime', ordering),
  boolean: filterInput('BooleanFilter', 'Boolean', ['eq', 'notEq']),
  address: filterInput('IPAddressFilter', 'String', equality),
  uuid: filterInput('UUIDFilter', 'String', equality),
} as const satisfies Record<OperatorSet, unknown>

/** Filters by a link to another object, by its `id`. Unknown and foreign ids match nothing. */
export const idFilter = filterInput('IDFilter', 'ID', equality)

/** An IP address without the zone that only its own machine knows. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** The database reads the whole pattern for each row: a long one is a heavy load for a short request. */
const maxTextLength = 500
/** Of all the texts of one filter together. */
const maxTotalLength = 10_000

/** A text that a column could hold. */
export function isFilterText(text: string): boolean {
  return text.length <= maxTextLength && !text.includes('\0')
}

export const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

const filterText = { test: isFilterText, expected: `at most ${maxTextLength} characters, none of them NUL.` }

const checks: Partial<Record<OperatorSet, { test: (text: string) => boolean; expected: string }>> = {
  text: filterText,
  texts: filterText,
  address: { test: isAddress, expected: 'an IP address, for instance 192.0.2.7.' },
  uuid: { test: (text) => uuidPattern.test(text), expected: 'a UUID.' },
}

export interface FilterTerm {
  readonly operator: Operator
  readonly value: unknown
}

/** The comparisons that one filter object asks for. Throws `BadUserInputError` naming the operator's path. */
export function filterTerms(filter: object, operators: OperatorSet | 'id' | 'enum', argument: string): FilterTerm[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (value === undefined) return []
    checkValue(value, operators, `${argument}.${name}`)
    return [{ operator: name as Operator, value }] // the input type has no other fields
  })
}

function checkValue(value: unknown, operators: OperatorSet | 'id' | 'enum', argument: string): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length > maxListValues) throw new BadUserInputError(argument, `at most ${maxListValues} values.`)
  if (values.some((item) => item === null))
    throw new BadUserInputError(argument, 'null is not a value to compare with; leave it out.')
  const check = operators === 'id' || operators === 'enum' ? undefined : checks[operators]
  if (check && values.some((item) => !check.test(String(item))))
    throw new BadUserInputError(argument, `expected ${check.expected}`)
  if (operators === 'text' && values.join('').length > maxTotalLength)
    throw new BadUserInputError(argument, `expected at most ${maxTotalLength} characters in all.`)
}
