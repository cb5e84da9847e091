import { type Millionths, convert } from '../decimal.ts'
import { usd } from './currencies.ts'
import { type RateGroup, freephone, legacy, rateGroups } from './rateplans.ts'
import { unitedKingdom } from './routing-tags.ts'
import { type Tariff, tariff } from './tariff.ts'
import { type Zone, zones } from './zones.ts'

export interface Destination {
  readonly id: number
  readonly group: RateGroup
  readonly zone: Zone
  readonly tariff: Tariff
  readonly enabled: boolean
  readonly rejectCalls: boolean
  readonly reverseBilling: boolean
  readonly allowPackage: boolean
  readonly routingTagIds: readonly number[]
  /** In days from the day of the filling. */
  readonly validFrom: number
  readonly validTill: number
}

type Differences = Partial<Omit<Destination, 'id' | 'group' | 'zone'>>

const ratePlaces = 4

function rate(group: RateGroup, cost: Millionths): Millionths {
  return convert((cost * group.markup) / 100n, usd.rate, group.currency.rate, ratePlaces)
}

function baseTariff(group: RateGroup, zone: Zone): Tariff {
  const [initialInterval, nextInterval] = group.intervals
  const perMinute = rate(group, zone.cost)
  return tariff({
    // The first interval of a premium number is dearer, so that the two rates can be told apart.
    initialRate: zone.networkType === 'Special Services' ? perMinute * 2n : perMinute,
    nextRate: perMinute,
    fee: group.connectFee,
    attemptFee: group.attemptFee,
    initialInterval,
    nextInterval,
  })
}

function current(group: RateGroup, zone: Zone): Differences[] {
  return [
    {
      reverseBilling: group === freephone,
      rejectCalls: zone.networkType === 'Special Services' && group.markup < 200n,
      allowPackage: group.attemptFee === 0n && zone.networkType === 'Landline',
      routingTagIds: zone.country.iso2 === 'GB' ? [unitedKingdom.id] : [],
    },
  ]
}

/** Each zone thrice: last year's price, a disabled one, and next year's; so nobody can call through these. */
function outdated(group: RateGroup, zone: Zone): Differences[] {
  const dearer = { ...baseTariff(group, zone), initialRate: 2n * rate(group, zone.cost) }
  return [
    { validFrom: -900, validTill: -200 },
    { enabled: false, tariff: tariff(dearer) },
    { validFrom: 30, validTill: 400 },
  ]
}

function* destinationsOf(group: RateGroup): Generator<Omit<Destination, 'id'>> {
  for (const zone of zones.filter(group.covers)) {
    for (const differences of group === legacy ? outdated(group, zone) : current(group, zone)) {
      yield {
        group,
        zone,
        tariff: baseTariff(group, zone),
        enabled: true,
        rejectCalls: false,
        reverseBilling: false,
        allowPackage: false,
        routingTagIds: [],
        validFrom: -400,
        validTill: 1500,
        ...differences,
      }
    }
  }
}

export const destinations: readonly Destination[] = rateGroups
  .flatMap((group) => [...destinationsOf(group)])
  .map((destination, index) => ({ id: 1001 + index, ...destination }))

/** What the switch would find for a call: enabled and valid today. */
export function isUsable(destination: Destination): boolean {
  return destination.enabled && destination.validFrom <= 0 && destination.validTill > 365
}
