import { accounts } from '../../../src/schema/account.ts'
import { incomingCdrs } from '../../../src/schema/incoming-cdr.ts'
import { invoices } from '../../../src/schema/invoice.ts'
import { cdrExports } from '../../../src/schema/cdr-export.ts'
import { numberlistItems, numberlists } from '../../../src/schema/numberlist.ts'
import { outgoingCdrs } from '../../../src/schema/outgoing-cdr.ts'
import { payments } from '../../../src/schema/payment.ts'
import { rates } from '../../../src/schema/rate.ts'
import { rateplans } from '../../../src/schema/rateplan.ts'
import { services } from '../../../src/schema/service.ts'
import { transactions } from '../../../src/schema/transaction.ts'
import type { Resource } from '../../../src/schema/resource/resource.ts'
import { isInputObjectType, isObjectType } from 'graphql'
import { published, requiredBy } from './published.ts'

/** A column, and the sets of flags each of which opens it. */
export interface GuardedColumn {
  readonly table: string
  readonly column: string
  readonly openedBy: readonly (readonly string[])[]
}

/** Columns that say whose a row is, which it is, and where it stands; every statement may have them. */
const structural = new Set([
  'id', 'uuid', 'time_start', 'is_last_cdr', 'customer_id', 'vendor_id', 'customer_acc_id', 'vendor_acc_id',
  'contractor_id', 'account_id', 'state_id', 'status_id', 'start_date', 'created_at', 'service_id', 'numberlist_id',
  'rate_group_id', 'customer_account_id',
]) // prettier-ignore

/** What each figure of the statistics is computed from. */
const figureColumns: Readonly<Record<string, readonly string[]>> = {
  successfulCalls: ['duration'],
  failedCalls: ['duration'],
  totalDuration: ['duration'],
  acd: ['duration'],
  asr: ['duration'],
  totalPrice: ['price'],
}

function flagsAt(typeName: string, field: string): readonly string[] | null {
  const type = published.getType(typeName)
  const found = isObjectType(type) || isInputObjectType(type) ? type.getFields()[field] : undefined
  return found ? requiredBy(found) : null
}

function ofResource(resource: Resource): [key: string, flags: readonly string[]][] {
  const shown = [...resource.attributes.values()].filter((attribute) => !attribute.expression)
  return shown.flatMap(({ name, read }) =>
    ['', 'Where'].flatMap((suffix): [string, readonly string[]][] => {
      const flags = flagsAt(`${resource.name}${suffix}`, name)
      return flags ? [[`${resource.table.name} ${read.name}`, flags]] : []
    }),
  )
}

function ofStatistics(direction: 'Outgoing' | 'Incoming', price: string): [key: string, flags: readonly string[]][] {
  const figures = Object.entries(figureColumns).flatMap(([metric, columns]) =>
    ['Point', 'Totals'].flatMap((part) =>
      columns.map((column): [string, readonly string[]] => [
        `cdr.cdr ${column === 'price' ? price : column}`,
        flagsAt(`${direction}Statistics${part}`, metric) ?? [],
      ]),
    ),
  )
  const filters = Object.entries({
    srcCountryId: 'src_country_id',
    dstCountryId: 'dst_country_id',
    authOrigIp: 'auth_orig_ip',
    srcPrefixRouting: 'src_prefix_routing',
    dstPrefixRouting: 'dst_prefix_routing',
  }) // prettier-ignore
    .flatMap(([field, column]): [string, readonly string[]][] => {
      const flags = flagsAt(`${direction}StatisticsWhere`, field)
      return flags ? [[`cdr.cdr ${column}`, flags]] : []
    })
  const snapshots: [string, readonly string[]] = [
    `stats.active_call_accounts ${direction === 'Outgoing' ? 'originated_count' : 'terminated_count'}`,
    flagsAt(`${direction}StatisticsPoint`, 'activeCalls') ?? [],
  ]
  return [...figures, ...filters, snapshots]
}

/** A recording is found by columns that CDRs show, or not, whoever may listen. */
const recordings: [string, readonly string[]][] = ['OutgoingCdr', 'IncomingCdr'].flatMap((type) =>
  ['audio_recorded', 'local_tag', 'duration'].map((column): [string, readonly string[]] => [
    `cdr.cdr ${column}`,
    flagsAt(type, 'recording') ?? [],
  ]),
)

/** What the status of one payment by its provider tells. */
const cryptomus: [string, readonly string[]][] = ['amount', 'type_id'].map((column): [string, readonly string[]] => [
  `billing.payments ${column}`,
  flagsAt('CryptomusPayment', 'amount') ?? [],
])

/** The live count, where the published schema has it. */
const liveCount: [string, readonly string[]][] = [
  ['stats.active_call_accounts originated_count', flagsAt('OutgoingActiveCalls', 'count') ?? ['NOTHING_YET']],
]

/** Every column of the portal's tables that some flag opens, with all the ways to open it. */
export const guardedColumns: readonly GuardedColumn[] = grouped([
  ...[
    accounts,
    outgoingCdrs,
    incomingCdrs,
    invoices,
    payments,
    services,
    transactions,
    rateplans,
    rates,
    numberlists,
    numberlistItems,
    cdrExports,
  ].flatMap(ofResource),
  ...ofStatistics('Outgoing', 'customer_price'),
  ...ofStatistics('Incoming', 'vendor_price'),
  ...recordings,
  ...liveCount,
  ...cryptomus,
])

function grouped(entries: readonly [key: string, flags: readonly string[]][]): GuardedColumn[] {
  return [...new Set(entries.map(([key]) => key))].flatMap((key) => {
    const [table = '', column = ''] = key.split(' ')
    const openedBy = entries.filter(([other]) => other === key).map(([, flags]) => flags)
    return structural.has(column) ? [] : [{ table, column, openedBy }]
  })
}
