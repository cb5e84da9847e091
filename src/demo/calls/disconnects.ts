import { type Random, createChooser } from '../random.ts'

/** Who ended a call: `disconnect_initiator_id`. */
const bySwitch = 1
const byDestination = 2
const byOrigination = 3
const byRouting = 0

/** How an attempt ended. */
export interface Disconnect {
  readonly code: number
  readonly reason: string
  readonly initiatorId: number
  /** Seconds until then, when nobody answered. */
  readonly after: readonly [number, number]
}

/** Why the switch itself refused a call, before any vendor saw it. */
export interface Refusal {
  readonly id: number
  readonly code: number
  readonly reason: string
}

const disconnect = (
  code: number,
  reason: string,
  initiatorId: number,
  after: readonly [number, number],
): Disconnect => ({ code, reason, initiatorId, after })

export const callerHungUp = disconnect(200, 'Bye', byOrigination, [0, 0])
export const calleeHungUp = disconnect(200, 'Bye', byDestination, [0, 0])

const busy = disconnect(486, 'Busy Here', byDestination, [1, 7])
const unavailable = disconnect(480, 'Temporarily Unavailable', byDestination, [20, 60])
const cancelled = disconnect(487, 'Request Terminated', byOrigination, [4, 35])
const unknownNumber = disconnect(404, 'Not Found', byDestination, [0.2, 2])
const declined = disconnect(603, 'Decline', byDestination, [2, 20])
const overloaded = disconnect(503, 'Service Unavailable', byDestination, [0.05, 1.5])
const broken = disconnect(500, 'Server Internal Error', byDestination, [0.05, 3])
const silent = disconnect(408, 'Request Timeout', bySwitch, [4, 10])

type Weighted = readonly [Disconnect, number]

const chooser = (list: readonly Weighted[]) => {
  const choose = createChooser(list, ([, weight]) => weight)
  return (random: Random) => choose(random)[0]
}

/** How a call fails for good. */
export const pickFailure = chooser([
  [busy, 24],
  [unavailable, 23],
  [cancelled, 28],
  [unknownNumber, 12],
  [declined, 4],
  [silent, 3],
  [overloaded, 6],
])

/** Failures after which the next vendor is tried. */
export const pickReroutable = chooser([
  [overloaded, 50],
  [unknownNumber, 15],
  [unavailable, 5],
  [silent, 15],
  [broken, 15],
])

export const noRoutes: Refusal = { id: 113, code: 404, reason: 'No routes' }
export const noCapacity: Refusal = { id: 1500, code: 503, reason: 'Account origination capacity limit reached' }
export const rejectedDestination: Refusal = { id: 112, code: 403, reason: 'Rejected by destination' }

/** What the caller saw of a refusal. */
export function refused(refusal: Refusal): Disconnect {
  const reasons: Record<number, string> = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' }
  return disconnect(refusal.code, reasons[refusal.code] ?? refusal.reason, byRouting, [0.01, 0.05])
}
