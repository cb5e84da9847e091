import { raw, sql, type Sql } from '../backends/databases.ts'
import { condition, patternCondition } from '../backends/filters.ts'
import { BadUserInputError } from '../errors.ts'
import { builder } from './builder.ts'
import { isAddress, isFilterText } from './filter-inputs.ts'

// The rule of what is filtered stands at the field of `where` that uses these inputs.
const rule = { authenticated: true } as const

/** The comparisons that Yeti's statistics know for numbers. */
const patternOperators = ['eq', 'startsWith', 'endsWith', 'contains'] as const
const rangeOperators = ['eq', 'gt', 'lt'] as const

export const patternFilter = builder.inputType('StatisticsNumberFilter', {
  description: 'As in Yeti, only `contains` does not look at upper and lower case.',
  fields: (t) => Object.fromEntries(patternOperators.map((operator) => [operator, t.string({ authScopes: rule })])),
})

export const rangeFilters = {
  duration: builder.inputType('StatisticsDurationFilter', {
    fields: (t) => Object.fromEntries(rangeOperators.map((operator) => [operator, t.int({ authScopes: rule })])),
  }),
  price: builder.inputType('StatisticsPriceFilter', {
    fields: (t) =>
      Object.fromEntries(rangeOperators.map((operator) => [operator, t.field({ type: 'Decimal', authScopes: rule })])),
  }),
}

type Range = { readonly [O in (typeof rangeOperators)[number]]?: number | string | null | undefined }
type Pattern = { readonly [O in (typeof patternOperators)[number]]?: string | null | undefined }

export interface StatisticsFilter {
  readonly srcCountryId?: number | null | undefined
  readonly dstCountryId?: number | null | undefined
  readonly srcPrefixRouting?: Pattern | null | undefined
  readonly dstPrefixRouting?: Pattern | null | undefined
  readonly authOrigIp?: string | null | undefined
  readonly duration?: Range | null | undefined
  readonly customerPrice?: Range | null | undefined
  readonly vendorPrice?: Range | null | undefined
}

/** The filter as conditions on calls. Throws `BadUserInputError` naming what is wrong. */
export function statisticsConditions(where: StatisticsFilter): Sql[] {
  return [
    ...equal('src_country_id', 'int', where.srcCountryId),
    ...equal('dst_country_id', 'int', where.dstCountryId),
    ...pattern('src_prefix_routing', where.srcPrefixRouting, 'where.srcPrefixRouting'),
    ...pattern('dst_prefix_routing', where.dstPrefixRouting, 'where.dstPrefixRouting'),
    ...equal('auth_orig_ip', 'inet', checkedAddress(where.authOrigIp)),
    ...range('duration', 'int', where.duration, 'where.duration'),
    ...range('customer_price', 'numeric', where.customerPrice, 'where.customerPrice'),
    ...range('vendor_price', 'numeric', where.vendorPrice, 'where.vendorPrice'),
  ]
}

function equal(column: string, sqlType: string, value: number | string | null | undefined): Sql[] {
  return value === null || value === undefined
    ? []
    : [condition({ column: raw(column), sqlType, operator: 'eq', value })]
}

function pattern(column: string, filter: Pattern | null | undefined, argument: string): Sql[] {
  return patternOperators.flatMap((operator) => {
    const value = given(filter?.[operator], `${argument}.${operator}`)
    if (value === undefined) return []
    if (!isFilterText(value))
      throw new BadUserInputError(`${argument}.${operator}`, 'expected a short text without a NUL character.')
    return [patternCondition(sql`${raw(column)}`, operator, value)]
  })
}

function range(column: string, sqlType: string, filter: Range | null | undefined, argument: string): Sql[] {
  return rangeOperators.flatMap((operator) => {
    const value = given(filter?.[operator], `${argument}.${operator}`)
    return value === undefined ? [] : [condition({ column: raw(column), sqlType, operator, value })]
  })
}

function given<T>(value: T | null | undefined, argument: string): T | undefined {
  if (value === null) throw new BadUserInputError(argument, 'null is not a value to compare with; leave it out.')
  return value
}

function checkedAddress(address: string | null | undefined): string | null | undefined {
  if (typeof address === 'string' && !isAddress(address)) {
    throw new BadUserInputError('where.authOrigIp', 'expected an IP address, for instance 192.0.2.7.')
  }
  return address
}
