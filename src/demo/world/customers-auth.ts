import { type Account, auroraMain, auroraRetail, borealisContact, borealisTrunk, cascadiaMain } from './accounts.ts'
import {
  type Gateway,
  auroraApp,
  auroraOffice,
  auroraShops,
  borealisAgents,
  borealisTrunks,
  cascadiaSwitch,
} from './gateways.ts'
import {
  type Numberlist,
  auroraAppNumbers,
  auroraAudit,
  auroraFraud,
  auroraShopNumbers,
  borealisScreening,
} from './numberlists.ts'
import { type Rateplan, contactPlan, legacyPlan, pacificPlan, premiumPlan, retailPlan, trunkPlan } from './rateplans.ts'

/** Numbers that a customer calls from: prefix, country and length of the whole number. */
export interface CallerRange {
  readonly prefix: string
  readonly iso2: string
  readonly length: number
}

export interface CustomersAuth {
  readonly id: number
  readonly name: string
  readonly account: Account
  readonly rateplan: Rateplan
  readonly gateway: Gateway
  /** What called numbers are checked against. */
  readonly numberlist: Numberlist | null
  readonly enabled: boolean
  readonly records: boolean
  readonly externalId: number | null
  /** Share of all calls; 0 where no call comes in. */
  readonly weight: number
  /** How many hours after the European day its own begins. */
  readonly hoursLater: number
  readonly domain: string
  readonly addresses: readonly string[]
  readonly transportProtocolIds: readonly number[]
  readonly callers: readonly CallerRange[]
}

const udp = 1
const tcp = 2
const tls = 3
const ws = 5

const hamburg = { prefix: '494055501', iso2: 'DE', length: 12 }
const kyiv = { prefix: '380445010', iso2: 'UA', length: 12 }
const london = { prefix: '442079460', iso2: 'GB', length: 12 }
const stockholm = { prefix: '46846500', iso2: 'SE', length: 11 }
const seattle = { prefix: '1206555', iso2: 'US', length: 11 }

export const customersAuth: readonly CustomersAuth[] = [
  {
    id: 301,
    name: 'Aurora head office',
    account: auroraMain,
    rateplan: premiumPlan,
    gateway: auroraOffice,
    numberlist: auroraFraud,
    enabled: true,
    records: true,
    externalId: 80301,
    weight: 24,
    hoursLater: 0,
    domain: 'sip.aurora.example',
    addresses: ['192.0.2.10', '192.0.2.11'],
    transportProtocolIds: [udp, tcp],
    callers: [hamburg, kyiv],
  },
  {
    id: 302,
    name: 'Aurora mobile app',
    account: auroraMain,
    rateplan: premiumPlan,
    gateway: auroraApp,
    numberlist: auroraAppNumbers,
    enabled: true,
    records: false,
    externalId: null,
    weight: 10,
    hoursLater: 3,
    domain: 'app.aurora.example',
    addresses: ['2001:db8:a::17', '2001:db8:a::9c', '203.0.113.77'],
    transportProtocolIds: [tls, ws],
    callers: [hamburg, london],
  },
  {
    id: 303,
    name: 'Aurora shops',
    account: auroraRetail,
    rateplan: retailPlan,
    gateway: auroraShops,
    numberlist: auroraShopNumbers,
    enabled: true,
    records: true,
    externalId: 80303,
    weight: 20,
    hoursLater: 1,
    domain: 'shops.aurora.example',
    addresses: ['192.0.2.40'],
    transportProtocolIds: [udp],
    callers: [hamburg, london],
  },
  {
    id: 304,
    name: 'Aurora old PBX (disabled)',
    account: auroraMain,
    rateplan: legacyPlan,
    gateway: auroraOffice,
    numberlist: auroraAudit,
    enabled: false,
    records: false,
    externalId: null,
    weight: 0,
    hoursLater: 0,
    domain: 'pbx.aurora.example',
    addresses: ['192.0.2.99'],
    transportProtocolIds: [udp],
    callers: [hamburg],
  },
  {
    id: 311,
    name: 'Borealis trunk',
    account: borealisTrunk,
    rateplan: trunkPlan,
    gateway: borealisTrunks,
    numberlist: borealisScreening,
    enabled: true,
    records: false,
    externalId: 80311,
    weight: 18,
    hoursLater: 0,
    domain: 'trunk.borealis.example',
    addresses: ['198.51.100.4', '198.51.100.5', '2001:db8:b::4'],
    transportProtocolIds: [udp],
    callers: [stockholm, london, kyiv],
  },
  {
    id: 312,
    name: 'Borealis agents',
    account: borealisContact,
    rateplan: contactPlan,
    gateway: borealisAgents,
    numberlist: null,
    enabled: true,
    records: true,
    externalId: null,
    weight: 13,
    hoursLater: 0,
    domain: 'agents.borealis.example',
    addresses: ['198.51.100.60'],
    transportProtocolIds: [ws, tls],
    callers: [stockholm],
  },
  {
    id: 321,
    name: 'Cascadia switch',
    account: cascadiaMain,
    rateplan: pacificPlan,
    gateway: cascadiaSwitch,
    numberlist: null,
    enabled: true,
    records: true,
    externalId: null,
    weight: 15,
    hoursLater: 8,
    domain: 'sbc.cascadia.example',
    addresses: ['203.0.113.20', '2001:db8:c::20'],
    transportProtocolIds: [udp, tcp],
    callers: [seattle, london],
  },
]
