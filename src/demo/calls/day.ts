import { type Moment, minute, second } from '../clock.ts'
import { type Random, createRandom } from '../random.ts'
import type { CustomersAuth } from '../world/customers-auth.ts'
import { type Draft, draftAttempts, maxCallSeconds } from './attempts.ts'
import type { Call, Signalling } from './call.ts'
import { type Offer, pickAuth, pickOffer } from './offers.ts'
import { asSent, pickCaller, pickNumber, userAgents } from './people.ts'
import { callsOn, pickStart } from './rhythm.ts'

/** What the calls of all days follow from. */
export interface CallPlan {
  readonly seed: number
  readonly callsPerDay: number
}

/** No call ends later than this after its start: the longest talk, and ringing at four vendors. */
export const longestCall: Moment = maxCallSeconds * second + 5 * minute

/** Ids follow from the day, so that a day gives the same rows whenever it is made; they need 64 bits, as Yeti's do. */
const idsPerDay = 1_000_000

const packageShare = 0.3
const recordedShare = 0.6

type Unnumbered = Omit<Call, 'attempts'> & { readonly drafts: readonly Draft[] }

/** All calls that begin on a UTC day, in order of their start. */
export function callsOfDay(plan: CallPlan, dayNumber: number): Call[] {
  const random = createRandom(plan.seed, dayNumber)
  const count = callsOn(dayNumber, plan.callsPerDay, random)
  const calls = Array.from({ length: count }, () => unnumberedCall(dayNumber, random))
  calls.sort((one, other) => one.start - other.start)
  let id = dayNumber * idsPerDay
  return calls.map(({ drafts, ...call }) => ({
    ...call,
    attempts: drafts.map((draft, index) => ({
      ...draft,
      id: ++id,
      number: index + 1,
      isLast: index === drafts.length - 1,
    })),
  }))
}

function unnumberedCall(dayNumber: number, random: Random): Unnumbered {
  const auth = pickAuth(random)
  const offer = pickOffer(auth, random)
  const start = pickStart(dayNumber, auth.hoursLater, random)
  const drafts = draftAttempts(start, auth.account.contractor.id, offer, random)
  const last = drafts[drafts.length - 1]
  const dialled = pickNumber(offer.destination.zone, random)
  const isAnswered = (last?.duration ?? 0) > 0
  return {
    auth,
    ...offer,
    caller: pickCaller(auth, random),
    dialled,
    dialledAsSent: asSent(dialled, random),
    signalling: signalling(auth, offer, random),
    fromPackage: isAnswered && offer.destination.allowPackage && random.chance(packageShare),
    recorded: isAnswered && auth.records && random.chance(recordedShare),
    start,
    end: last?.end ?? start,
    drafts,
  }
}

function signalling(auth: CustomersAuth, offer: Offer, random: Random): Signalling {
  return {
    localTag: `8-${random.hex(8).toUpperCase()}-${random.hex(16).toUpperCase()}-${random.hex(8).toUpperCase()}`,
    globalTag: `${random.hex(8)}-${random.hex(8)}-${random.hex(8)}`,
    callId: `${random.hex(20)}@${auth.domain}`,
    address: random.pick(auth.addresses),
    port: random.chance(0.7) ? 5060 : 1024 + random.below(60_000),
    transportProtocolId: random.pick(auth.transportProtocolIds),
    userAgent: random.pick(userAgents),
    diversion: random.chance(0.03) ? `<sip:${pickNumber(offer.destination.zone, random)}@${auth.domain}>` : null,
    assertedIdentity: random.chance(0.2) ? `<sip:${auth.account.id}${random.digits(4)}@${auth.domain}>` : null,
  }
}
