import { LRUCache } from 'lru-cache'
import { type Moment, minute, second } from '../clock.ts'
import { type Random, createRandom } from '../random.ts'
import type { CustomersAuth } from '../world/customers-auth.ts'
import { makeAttempts, maxCallSeconds } from './attempts.ts'
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

/** While the demo runs, the same one or two days are asked for every minute. */
const remembered = new LRUCache<string, readonly Call[]>({ max: 2 })

/** All calls that begin on a UTC day, in order of their start. */
export function callsOfDay(plan: CallPlan, dayNumber: number): readonly Call[] {
  const key = `${plan.seed} ${plan.callsPerDay} ${dayNumber}`
  const calls = remembered.get(key) ?? makeDay(plan, dayNumber)
  remembered.set(key, calls)
  return calls
}

function makeDay(plan: CallPlan, dayNumber: number): readonly Call[] {
  const random = createRandom(plan.seed, dayNumber)
  const length = callsOn(dayNumber, plan.callsPerDay, random)
  const starts = Array.from({ length }, () => {
    const auth = pickAuth(random)
    return { auth, at: pickStart(dayNumber, auth.hoursLater, random) }
  })
  starts.sort((one, other) => one.at - other.at)
  let id = dayNumber * idsPerDay + 1
  return starts.map(({ auth, at }) => {
    const call = makeCall(id, auth, at, random)
    id += call.attempts.length
    return call
  })
}

function makeCall(id: number, auth: CustomersAuth, start: Moment, random: Random): Call {
  const { destination, tariff } = pickOffer(auth, random)
  const attempts = makeAttempts(id, start, auth.account.contractor.id, { destination, tariff }, random)
  const last = attempts[attempts.length - 1]
  const isAnswered = (last?.duration ?? 0) > 0
  const dialled = pickNumber(destination.zone, random)
  return {
    auth,
    destination,
    tariff,
    caller: pickCaller(auth, random),
    dialled,
    dialledAsSent: asSent(dialled, random),
    signalling: makeSignalling(auth, destination, random),
    fromPackage: isAnswered && destination.allowPackage && random.chance(packageShare),
    recorded: isAnswered && auth.records && random.chance(recordedShare),
    start,
    end: last?.end ?? start,
    attempts,
  }
}

function makeSignalling(
  { account, addresses, domain, transportProtocolIds }: CustomersAuth,
  { zone }: Offer['destination'],
  random: Random,
): Signalling {
  return {
    localTag: `8-${random.hex(8)}-${random.hex(16)}-${random.hex(8)}`,
    callId: `${random.hex(20)}@${domain}`,
    address: random.pick(addresses),
    port: random.chance(0.7) ? 5060 : 1024 + random.below(60_000),
    transportProtocolId: random.pick(transportProtocolIds),
    userAgent: random.pick(userAgents),
    diversion: random.chance(0.03) ? `<sip:${pickNumber(zone, random)}@${domain}>` : null,
    assertedIdentity: random.chance(0.2) ? `<sip:${account.id}${random.digits(4)}@${domain}>` : null,
  }
}
