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
    callId: `${random.hex(24)}@yeti.example`,
    postDialDelay: random.between(0.15, 3.5),
  }
}

interface Opening {
  readonly id: number
  readonly number: number
  readonly isLast: boolean
  readonly begin: Moment
}

function failed(opening: Opening, sent: Sent | null, refusal: Refusal | null, random: Random): Attempt {
  const { id, number, isLast, begin } = opening
  const disconnect = failure(isLast, refusal, random)
  const [low, high] = disconnect.after
  const end = begin + Math.round(random.between(low, high) * second)
  return { id, number, isLast, sent, refusal, disconnect, begin, connect: null, end, duration: 0 }
}

function failure(isLast: boolean, refusal: Refusal | null, random: Random): Disconnect {
  if (refusal) return refused(refusal)
  return isLast ? pickFailure(random) : pickReroutable(random)
}

function answered(opening: Opening, sent: Sent, random: Random): Attempt {
  const { id, number, isLast, begin } = opening
  const connect = begin + Math.round((sent.postDialDelay + random.between(1, 18)) * second)
  const duration = Math.ceil(Math.min(medianSeconds * Math.exp(spread * random.normal()), maxCallSeconds))
  // The switch rounds to the nearest second, so the end may be up to half a second off.
  const end = connect + duration * second - random.below(second / 2)
  const disconnect = random.chance(0.55) ? callerHungUp : calleeHungUp
  return { id, number, isLast, sent, refusal: null, disconnect, begin, connect, end, duration }
}

/** All attempts of a call, the first of which gets the given id. */
export function makeAttempts(id: number, start: Moment, customerId: number, offer: Offer, random: Random): Attempt[] {
  const refusal = refusalOf(offer, random)
  if (refusal) return [failed({ id, number: 1, isLast: true, begin: start }, null, refusal, random)]
  const attempts: Attempt[] = []
  let begin = start
  for (const route of pickRoutes(customerId, random)) {
    const number = attempts.length + 1
    const isLast = number === maxAttempts || !random.chance(rerouteShare)
    const opening = { id: id + attempts.length, number, isLast, begin }
    const sent = send(route, offer, random)
    const isAnswered = isLast && random.chance(offer.destination.zone.answerRate)
    const attempt = isAnswered ? answered(opening, sent, random) : failed(opening, sent, null, random)
    attempts.push(attempt)
    if (isLast) break
    begin = attempt.end
  }
  return attempts
}
