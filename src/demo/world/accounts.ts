import { type Contractor, aurora, borealis, cascadia, delta } from './contractors.ts'
import { type Currency, cad, eur, gbp, jpy, sek, usd } from './currencies.ts'

export type InvoicePeriod = 'day' | 'week' | 'month'

export interface Account {
  readonly id: number
  readonly contractor: Contractor
  readonly name: string
  readonly currency: Currency
  readonly balance: string
  readonly minBalance: string
  readonly maxBalance: string
  /** Percent. */
  readonly vat: string
  readonly timezone: string
  readonly invoicePeriod: InvoicePeriod | null
  readonly invoiceReference: string
  readonly externalId: number | null
  /** Calls at once: originated, terminated, both. */
  readonly capacities: readonly [number | null, number | null, number | null]
  readonly rateLimit: string | null
  readonly maxCallDuration: number | null
  /** Balances below and above which somebody is told. */
  readonly thresholds: readonly [string | null, string | null]
}

type Differences = Pick<Account, 'id' | 'contractor' | 'name' | 'currency' | 'balance'> & Partial<Account>

function account(differences: Differences): Account {
  return {
    minBalance: '0',
    maxBalance: '100000',
    vat: '0',
    timezone: 'UTC',
    invoicePeriod: 'month',
    invoiceReference: '$id',
    externalId: null,
    capacities: [null, null, null],
    rateLimit: null,
    maxCallDuration: 7200,
    thresholds: [null, null],
    ...differences,
  }
}

export const auroraMain = account({
  id: 201,
  contractor: aurora,
  name: 'Aurora Main',
  currency: usd,
  balance: '4821.37905',
  minBalance: '-500',
  vat: '20',
  timezone: 'Europe/Kyiv',
  invoicePeriod: 'week',
  invoiceReference: 'AUR-$id',
  externalId: 70201,
  capacities: [300, 200, 400],
  rateLimit: '0.5',
  thresholds: ['250', '20000'],
})

/** The one account of frank's; invoiced daily. */
export const auroraRetail = account({
  id: 202,
  contractor: aurora,
  name: 'Aurora Retail',
  currency: eur,
  balance: '1377.5',
  vat: '19',
  timezone: 'Europe/Berlin',
  invoicePeriod: 'day',
  invoiceReference: 'RETAIL/$id',
  externalId: 70202,
  capacities: [120, 60, 150],
  thresholds: ['100', null],
})

export const auroraWholesale = account({
  id: 203,
  contractor: aurora,
  name: 'Aurora Wholesale',
  currency: gbp,
  balance: '-38.20114',
  minBalance: '-1000',
  timezone: 'Europe/London',
  capacities: [null, 500, null],
})

/** No calls, no invoices: empty pages must work too. */
export const auroraDormant = account({
  id: 204,
  contractor: aurora,
  name: 'Aurora Dormant, "old" 東京',
  currency: jpy,
  balance: '0',
  maxBalance: '0',
  timezone: 'Asia/Tokyo',
  invoicePeriod: null,
  maxCallDuration: null,
})

export const borealisTrunk = account({
  id: 211,
  contractor: borealis,
  name: 'Borealis Trunk',
  currency: usd,
  balance: '15230.00001',
  timezone: 'America/New_York',
  invoicePeriod: 'week',
  invoiceReference: 'BV-$id',
  externalId: 70211,
  capacities: [1000, 1000, 1500],
})

export const borealisContact = account({
  id: 212,
  contractor: borealis,
  name: 'Borealis Contact Center',
  currency: sek,
  balance: '88120.4',
  vat: '25',
  timezone: 'Europe/Stockholm',
  invoicePeriod: 'day',
  capacities: [80, null, 80],
  thresholds: ['5000', '500000'],
})

export const borealisInbound = account({
  id: 213,
  contractor: borealis,
  name: 'Borealis Inbound',
  currency: eur,
  balance: '412.008',
  externalId: 70213,
  timezone: 'Europe/Stockholm',
})

export const cascadiaMain = account({
  id: 221,
  contractor: cascadia,
  name: 'Cascadia Main',
  currency: usd,
  balance: '9999.99999',
  vat: '7.75',
  timezone: 'America/Los_Angeles',
  invoicePeriod: 'week',
})

export const cascadiaInbound = account({
  id: 222,
  contractor: cascadia,
  name: 'Cascadia Inbound',
  currency: cad,
  balance: '0.5',
  timezone: 'America/Vancouver',
})

export const deltaGlobal = account({
  id: 231,
  contractor: delta,
  name: 'Delta Global',
  currency: usd,
  balance: '-20411.7',
  minBalance: '-50000',
  timezone: 'Asia/Singapore',
})

export const deltaEurope = account({
  id: 232,
  contractor: delta,
  name: 'Delta Europe',
  currency: eur,
  balance: '-3055.125',
  minBalance: '-50000',
  invoicePeriod: 'week',
})

export const accounts: readonly Account[] = [
  auroraMain,
  auroraRetail,
  auroraWholesale,
  auroraDormant,
  borealisTrunk,
  borealisContact,
  borealisInbound,
  cascadiaMain,
  cascadiaInbound,
  deltaGlobal,
  deltaEurope,
]
