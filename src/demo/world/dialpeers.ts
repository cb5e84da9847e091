import { type Millionths, convert, millionths } from '../decimal.ts'
import {
  type Account,
  auroraMain,
  auroraRetail,
  auroraWholesale,
  borealisInbound,
  borealisTrunk,
  cascadiaInbound,
  deltaEurope,
  deltaGlobal,
} from './accounts.ts'
import { usd } from './currencies.ts'
import { type Tariff, tariff } from './tariff.ts'
import { type Zone, zones } from './zones.ts'

/** Where calls can be sent: an account that is paid for them, at its own prices. */
export interface VendorRoute {
  readonly account: Account
  readonly gatewayId: number
  readonly weight: number
  /** Price in percent of the cost. */
  readonly markup: bigint
  readonly intervals: readonly [number, number]
  readonly connectFee: Millionths
  readonly attemptFee: Millionths
  readonly address: string
  readonly port: number
  readonly transportProtocolId: number
  /** What the vendor wants before the number. */
  readonly techPrefix: string
  readonly userAgent: string
  readonly dialpeers: readonly Dialpeer[]
}

export interface Dialpeer {
  readonly id: number
  readonly prefix: string
  readonly tariff: Tariff
  readonly reverseBilling: boolean
}

type Differences = Pick<VendorRoute, 'account' | 'gatewayId' | 'weight' | 'markup' | 'address' | 'userAgent'> &
  Partial<Omit<VendorRoute, 'dialpeers'>>

function vendorRoute(differences: Differences): VendorRoute {
  const route = {
    intervals: [1, 1] as const,
    connectFee: 0n,
    attemptFee: 0n,
    port: 5060,
    transportProtocolId: 1,
    techPrefix: '',
    ...differences,
  }
  return { ...route, dialpeers: zones.map((zone) => dialpeer(route, zone)) }
}

function dialpeer(route: Omit<VendorRoute, 'dialpeers'>, zone: Zone): Dialpeer {
  const rate = convert((zone.cost * route.markup) / 100n, usd.rate, route.account.currency.rate, 5)
  const [initialInterval, nextInterval] = route.intervals
  return {
    id: route.gatewayId * 1000 + zone.index,
    prefix: zone.prefix,
    tariff: tariff({
      initialRate: rate,
      nextRate: rate,
      fee: route.connectFee,
      attemptFee: route.attemptFee,
      initialInterval,
      nextInterval,
    }),
    // Whoever delivers a freephone call pays for it.
    reverseBilling: zone.networkType === 'Toll-Free',
  }
}

export const vendorRoutes: readonly VendorRoute[] = [
  vendorRoute({
    account: auroraMain,
    gatewayId: 451,
    weight: 2,
    markup: 99n,
    address: '192.0.2.130',
    userAgent: 'Aurora SBC 7.2',
  }),
  vendorRoute({
    account: auroraRetail,
    gatewayId: 452,
    weight: 3,
    markup: 97n,
    intervals: [30, 6],
    attemptFee: millionths('0.0003'),
    address: '192.0.2.131',
    userAgent: 'Aurora SBC 7.2',
  }),
  vendorRoute({
    account: auroraWholesale,
    gatewayId: 453,
    weight: 4,
    markup: 93n,
    connectFee: millionths('0.001'),
    address: '2001:db8:a::130',
    port: 5061,
    transportProtocolId: 3,
    techPrefix: '7788#',
    userAgent: 'Aurora SBC 7.2',
  }),
  vendorRoute({
    account: borealisInbound,
    gatewayId: 461,
    weight: 4,
    markup: 95n,
    intervals: [6, 6],
    address: '198.51.100.140',
    techPrefix: '00',
    userAgent: 'FreeSWITCH-mod_sofia/1.10.12',
  }),
  vendorRoute({
    account: borealisTrunk,
    gatewayId: 462,
    weight: 3,
    markup: 98n,
    attemptFee: millionths('0.0002'),
    address: '198.51.100.141',
    transportProtocolId: 2,
    userAgent: 'FreeSWITCH-mod_sofia/1.10.12',
  }),
  vendorRoute({
    account: cascadiaInbound,
    gatewayId: 471,
    weight: 3,
    markup: 96n,
    intervals: [60, 60],
    address: '203.0.113.150',
    techPrefix: '+',
    userAgent: 'OpenSIPS (3.4.9 (x86_64/linux))',
  }),
  vendorRoute({
    account: deltaGlobal,
    gatewayId: 481,
    weight: 4,
    markup: 91n,
    address: '203.0.113.201',
    userAgent: 'Cisco-SIPGateway/IOS-17.x',
  }),
  vendorRoute({
    account: deltaEurope,
    gatewayId: 482,
    weight: 2,
    markup: 94n,
    intervals: [1, 1],
    attemptFee: millionths('0.0001'),
    address: '2001:db8:d::1',
    techPrefix: '1001',
    userAgent: 'Cisco-SIPGateway/IOS-17.x',
  }),
]
