import { type Millionths, millionths } from '../decimal.ts'
import { type Currency, eur, usd } from './currencies.ts'
import type { Zone } from './zones.ts'

/** How the prices of a group follow from the cost of a zone. */
export interface RateGroup {
  readonly id: number
  readonly name: string
  readonly currency: Currency
  /** Price in percent of the cost. */
  readonly markup: bigint
  readonly intervals: readonly [number, number]
  readonly connectFee: Millionths
  readonly attemptFee: Millionths
  readonly covers: (zone: Zone) => boolean
}

export interface Rateplan {
  readonly id: number
  readonly name: string
  readonly groups: readonly RateGroup[]
}

const european = new Set('UA DE GB FR IT ES PL SE NO DK FI NL BE AT CH CZ SK HU RO BG GR PT IE LT LV EE'.split(' '))
const isFreephone = (zone: Zone) => zone.networkType === 'Toll-Free'
const isEuropean = (zone: Zone) => european.has(zone.country.iso2) && !isFreephone(zone)
const isElsewhere = (zone: Zone) => !european.has(zone.country.iso2) && !isFreephone(zone)

type Differences = Pick<RateGroup, 'id' | 'name' | 'markup' | 'covers'> & Partial<RateGroup>

function rateGroup(differences: Differences): RateGroup {
  return { currency: usd, intervals: [1, 1], connectFee: 0n, attemptFee: 0n, ...differences }
}

const premiumEurope = rateGroup({
  id: 31,
  name: 'Premium Europe',
  markup: 135n,
  attemptFee: millionths('0.0008'),
  covers: isEuropean,
})
const premiumWorld = rateGroup({
  id: 32,
  name: 'Premium World',
  markup: 145n,
  intervals: [30, 6],
  connectFee: millionths('0.005'),
  covers: isElsewhere,
})
const retail = rateGroup({
  id: 33,
  name: 'Retail EUR',
  currency: eur,
  markup: 240n,
  intervals: [60, 60],
  connectFee: millionths('0.02'),
  covers: (zone) => !isFreephone(zone),
})
const wholesale = rateGroup({
  id: 34,
  name: 'Wholesale A-Z',
  markup: 108n,
  attemptFee: millionths('0.0004'),
  covers: (zone) => !isFreephone(zone),
})
const contactCenter = rateGroup({
  id: 35,
  name: 'Contact center',
  currency: eur,
  markup: 160n,
  intervals: [6, 6],
  attemptFee: millionths('0.0015'),
  covers: (zone) => !isFreephone(zone),
})
const pacific = rateGroup({
  id: 36,
  name: 'Pacific A-Z',
  markup: 117n,
  intervals: [6, 1],
  covers: (zone) => !isFreephone(zone),
})

/** In several rate plans: the owner of the number called pays, so the caller's account is credited. */
export const freephone = rateGroup({ id: 37, name: 'Freephone', markup: 60n, intervals: [1, 1], covers: isFreephone })

/** Where the disabled, outdated and future rates are. */
export const legacy = rateGroup({
  id: 38,
  name: 'Legacy 2019',
  currency: eur,
  markup: 310n,
  covers: (zone) => zone.weight >= 5,
})

/** In no customer's rate plan. */
const internal = rateGroup({ id: 39, name: 'Internal cost', markup: 100n, covers: (zone) => zone.weight >= 4 })

export const premiumPlan: Rateplan = {
  id: 21,
  name: 'Aurora Premium',
  groups: [premiumEurope, premiumWorld, freephone],
}
export const retailPlan: Rateplan = { id: 22, name: 'Aurora Retail', groups: [retail, freephone] }
export const legacyPlan: Rateplan = { id: 23, name: 'Aurora Legacy', groups: [legacy] }
export const trunkPlan: Rateplan = { id: 24, name: 'Borealis Trunk A-Z', groups: [wholesale, freephone] }
export const contactPlan: Rateplan = { id: 25, name: 'Borealis Contact Center', groups: [contactCenter, freephone] }
export const pacificPlan: Rateplan = { id: 26, name: 'Cascadia Pacific', groups: [pacific, freephone] }
const internalPlan: Rateplan = { id: 27, name: 'Internal', groups: [internal] }

export const rateplans: readonly Rateplan[] = [
  premiumPlan,
  retailPlan,
  legacyPlan,
  trunkPlan,
  contactPlan,
  pacificPlan,
  internalPlan,
]

export const rateGroups: readonly RateGroup[] = [...new Set(rateplans.flatMap((plan) => plan.groups))]
