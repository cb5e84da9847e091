import { sql } from '../backends/databases.ts'
import { ratesOfAccounts, ratesOfPlan, ratesOfPlans } from '../backends/rates.ts'
import { ratesOf } from '../backends/tenancy.ts'
import { accounts } from './account.ts'
import { NetworkPrefix, networkPrefixes } from './network.ts'
import { Rateplan, rateplans } from './rateplan.ts'
import { resource } from './resource/resource.ts'
import { linkFields } from './resource/resource-links.ts'
import { childList, resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

export const rates = resource({
  name: 'Rate',
  description:
    'What calls to numbers with a prefix cost, in its own currency, which may not be that of the account. Those that are disabled or not valid now are here too.',
  rule: { outgoingRateplans: true },
  database: 'primary',
  table: 'class4.destinations',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: ratesOf,
  links: {
    networkPrefix: {
      to: networkPrefixes,
      column: 'network_prefix_id',
      description: 'The prefix of a network that was found for its own',
      order: true,
    },
  },
  idFilters: {
    rateplanId: { to: rateplans, description: 'Those of this rate plan.', condition: ratesOfPlans },
    accountId: {
      to: accounts,
      description: 'Those by which calls of this account are charged.',
      condition: ratesOfAccounts,
    },
  },
  defaultOrder: [{ attribute: 'prefix', descending: false }],
  attributes: {
    uuid: { kind: 'uuid', nullable: false, description: "Yeti's public id." },
    prefix: { kind: 'text', nullable: false, description: 'What the numbers begin with; empty: any number.' },
    dstNumberMinLength: { kind: 'integer', nullable: false, description: 'The fewest digits that the numbers have.' },
    dstNumberMaxLength: { kind: 'integer', nullable: false, description: 'The most digits that the numbers have.' },
    enabled: { kind: 'boolean', nullable: false, description: 'Whether it is used.' },
    rejectCalls: { kind: 'boolean', nullable: false, description: 'Whether calls to these numbers are refused.' },
    initialRate: { kind: 'decimal', nullable: false, description: 'The price per minute in the first interval.' },
    initialInterval: { kind: 'integer', nullable: false, description: 'The first billing interval, in seconds.' },
    nextRate: { kind: 'decimal', nullable: false, description: 'The price per minute after the first interval.' },
    nextInterval: {
      kind: 'integer',
      nullable: false,
      description: 'The billing intervals after the first, in seconds.',
    },
    connectFee: { kind: 'decimal', description: 'The fee for an answered call.' },
    attemptFee: {
      kind: 'decimal',
      nullable: false,
      description: 'The fee for each attempt that is routed, answered or not.',
    },
    validFrom: { kind: 'time', nullable: false, description: 'From when it counts.' },
    validTill: { kind: 'time', nullable: false, description: 'Until when it counts; none: for ever.' },
    currency: {
      kind: 'text',
      filter: false,
      order: false,
      expression: sql`(SELECT name FROM billing.currencies currency WHERE currency.id = destinations.currency_id)`,
      description: 'The currency of its prices: an ISO 4217 code, or USDT.',
    },
  },
})

export const Rate = resourceType(rates)

linkFields(rates, Rate, 'networkPrefix', NetworkPrefix)

resourceList(rates, Rate, {
  field: 'outgoingRates',
  description: "The rates of all rate plans of the login's accounts, by prefix unless `orderBy` says otherwise.",
})

childList({ resource: rateplans, ref: Rateplan, children: ratesOfPlan }, rates, Rate, {
  field: 'rates',
  description: 'Its rates, by prefix unless `orderBy` says otherwise.',
})
