import { type Moment, second } from '../clock.ts'
import { type Random, createChooser } from '../random.ts'
import { type VendorRoute, vendorRoutes } from '../world/dialpeers.ts'
import type { Attempt, Sent } from './call.ts'
import {
  type Disconnect,
  type Refusal,
  calleeHungUp,
  callerHungUp,
  noCapacity,
  noRoutes,
  pickFailure,
  pickReroutable,
  refused,
  rejectedDestination,
} from './disconnects.ts'
import type { Offer } from './offers.ts'

/** An attempt before its call knows how many there are, and before it has its row. */
export type Draft = Omit<Attempt, 'id' | 'number' | 'isLast'>

const maxAttempts = 4
const noRoutesShare = 0.012
const noCapacityShare = 0.006
/** Share of attempts after which the next vendor is tried. */
const rerouteShare = 0.24
export const maxCallSeconds = 7200
const medianSeconds = 95
/** Deviation of the logarithm of the duration. */
const spread = 1.15

const pickRoute = createChooser(vendorRoutes, (route) => route.weight)

function refusalOf(offer: Offer, random: Random): Refusal | null {
  if (offer.destination.rejectCalls) return rejectedDestination
  const point = random.next()
  if (point < noRoutesShare) return noRoutes
  return point < noRoutesShare + noCapacityShare ? noCapacity : null
}

/** Vendors in the order of trying: never twice the same, never the customer itself. */
function pickRoutes(customerId: number, random: Random): VendorRoute[] {
  const routes = new Set<VendorRoute>()
  while (routes.size < maxAttempts) {
    const route = pickRoute(random)
    if (route.account.contractor.id !== customerId) routes.add(route)
  }
  return [...routes]
}

function send(route: VendorRoute, offer: Offer, random: Random): Sent {
  const dialpeer = route.dialpeers[offer.destination.zone.index]
  if (!dialpeer) throw new RangeError(`no dialpeer for ${offer.destination.zone.prefix}`)
  return {
    route,
    dialpeer,
    localTag: `8-${random.hex(8).toUpperCase()}-${random.hex(16).toUpperCase()}`,
    callId: `${random.hex(24)}@yeti.example`,
    postDialDelay: random.between(0.15, 3.5),
    roundTrip: random.between(0.004, 0.22),
    earlyMedia: random.chance(0.6),
  }
}

function failed(begin: Moment, disconnect: Disconnect, how: Pick<Draft, 'sent' | 'refusal'>, random: Random): Draft {
  const [low, high] = disconnect.after
  const end = begin + Math.round(random.between(low, high) * second)
  return { ...how, uuid: random.uuid(), disconnect, begin, connect: null, end, duration: 0 }
}

function answered(begin: Moment, sent: Sent, random: Random): Draft {
  const ringing = sent.postDialDelay + random.between(1, 18)
  const connect = begin + Math.round(ringing * second)
  const duration = Math.ceil(Math.min(medianSeconds * Math.exp(spread * random.normal()), maxCallSeconds))
  // The switch rounds to the nearest second, so the end may be up to half a second off.
  const end = connect + duration * second - random.below(second / 2)
  const disconnect = random.chance(0.55) ? callerHungUp : calleeHungUp
  return { sent, refusal: null, uuid: random.uuid(), disconnect, begin, connect, end, duration }
}

export function draftAttempts(start: Moment, customerId: number, offer: Offer, random: Random): Draft[] {
  const refusal = refusalOf(offer, random)
  if (refusal) return [failed(start, refused(refusal), { sent: null, refusal }, random)]
  const drafts: Draft[] = []
  let begin = start
  for (const route of pickRoutes(customerId, random)) {
    const sent = send(route, offer, random)
    const isFinal = drafts.length === maxAttempts - 1 || !random.chance(rerouteShare)
    const draft =
      isFinal && random.chance(offer.destination.zone.answerRate)
        ? answered(begin, sent, random)
        : failed(begin, isFinal ? pickFailure(random) : pickReroutable(random), { sent, refusal: null }, random)
    drafts.push(draft)
    if (isFinal) break
    begin = draft.end
  }
  return drafts
}
