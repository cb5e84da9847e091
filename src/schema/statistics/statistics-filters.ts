import { isIP, SocketAddress } from 'node:net'
import { patternOperators, type CallFilter, type CallFilterColumn } from '../../backends/call-filters.ts'
import { BadUserInputError } from '../../errors.ts'
import { builder } from '../builder.ts'
import { isAddress, isFilterText } from '../resource/filter-inputs.ts'

// The rule of what is filtered stands at the field of `where` that uses these inputs.
const rule = { authenticated: true } as const

const rangeOperators = ['eq', 'gt', 'lt'] as const

/** The comparisons that Yeti's statistics, and its list of calls in progress, know for numbers. */
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
export type Pattern = { readonly [O in (typeof patternOperators)[number]]?: string | null | undefined }

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

/** What `where` asks of calls. Throws `BadUserInputError` naming what is wrong. */
export function statisticsFilters(where: StatisticsFilter): CallFilter[] {
  return [
    ...equal('src_country_id', where.srcCountryId),
    ...equal('dst_country_id', where.dstCountryId),
    ...pattern('src_prefix_routing', where.srcPrefixRouting, 'where.srcPrefixRouting'),
    ...pattern('dst_prefix_routing', where.dstPrefixRouting, 'where.dstPrefixRouting'),
    ...equal('auth_orig_ip', address(where.authOrigIp)),
    ...range('duration', where.duration, 'where.duration'),
    ...range('customer_price', where.customerPrice, 'where.customerPrice'),
    ...range('vendor_price', where.vendorPrice, 'where.vendorPrice'),
  ]
}

export function equal<Column extends CallFilterColumn>(
  column: Column,
  value: number | string | null | undefined,
): CallFilter<Column>[] {
  return value === null || value === undefined ? [] : [{ column, operator: 'eq', value }]
}

/** `argument`: its path, for errors. */
export function pattern<Column extends CallFilterColumn>(
  column: Column,
  filter: Pattern | null | undefined,
  argument: string,
): CallFilter<Column>[] {
  return patternOperators.flatMap((operator) => {
    const value = given(filter?.[operator], `${argument}.${operator}`)
    if (value === undefined) return []
    if (!isFilterText(value))
      throw new BadUserInputError(`${argument}.${operator}`, 'expected a short text without a NUL character.')
    return [{ column, operator, value }]
  })
}

function range(column: CallFilterColumn, filter: Range | null | undefined, argument: string): CallFilter[] {
  return rangeOperators.flatMap((operator) => {
    const value = given(filter?.[operator], `${argument}.${operator}`)
    return value === undefined ? [] : [{ column, operator, value }]
  })
}

function given<T>(value: T | null | undefined, argument: string): T | undefined {
  if (value === null) throw new BadUserInputError(argument, 'null is not a value to compare with; leave it out.')
  return value
}

/** The originator's address in its shortest form, as all sources write it. */
export function address(text: string | null | undefined): string | null | undefined {
  if (typeof text !== 'string') return text
  if (!isAddress(text)) {
    throw new BadUserInputError('where.authOrigIp', 'expected an IP address, for instance 192.0.2.7.')
  }
  return new SocketAddress({ address: text, family: isIP(text) === 6 ? 'ipv6' : 'ipv4' }).address
}
