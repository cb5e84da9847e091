import type { Moment } from '../clock.ts'
import type { CustomersAuth } from '../world/customers-auth.ts'
import type { Country } from '../world/countries.ts'
import type { Destination } from '../world/destinations.ts'
import type { Dialpeer, VendorRoute } from '../world/dialpeers.ts'
import type { Tariff } from '../world/tariff.ts'
import type { Disconnect, Refusal } from './disconnects.ts'

export interface Caller {
  readonly name: string | null
  readonly number: string
  /** Null when the caller hides the number. */
  readonly country: Country | null
}

/** SIP headers and tags that a call keeps from its first message on. */
export interface Signalling {
  readonly localTag: string
  readonly callId: string
  readonly address: string
  readonly port: number
  readonly transportProtocolId: number
  readonly userAgent: string
  readonly diversion: string | null
  readonly assertedIdentity: string | null
}

export interface Call {
  readonly auth: CustomersAuth
  readonly destination: Destination
  /** The destination's tariff in the currency of the calling account. */
  readonly tariff: Tariff
  readonly caller: Caller
  readonly dialled: string
  /** The dialled number as the customer sent it. */
  readonly dialledAsSent: string
  readonly signalling: Signalling
  readonly fromPackage: boolean
  readonly recorded: boolean
  readonly start: Moment
  readonly end: Moment
  readonly attempts: readonly Attempt[]
}

export interface Attempt {
  /** The row of the CDR. */
  readonly id: number
  readonly number: number
  readonly isLast: boolean
  /** Where the call was sent; null when it was refused before. */
  readonly sent: Sent | null
  readonly refusal: Refusal | null
  readonly disconnect: Disconnect
  readonly begin: Moment
  readonly connect: Moment | null
  readonly end: Moment
  /** Seconds from the answer on; 0 without one. */
  readonly duration: number
}

export interface Sent {
  readonly route: VendorRoute
  readonly dialpeer: Dialpeer
  readonly callId: string
  /** Seconds until the other side rang. */
  readonly postDialDelay: number
}
