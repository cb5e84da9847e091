import { createHmac, timingSafeEqual } from 'node:crypto'
import { BadUserInputError } from '../errors.ts'

/** Where a row stands in a list: the values it is ordered by, as PostgreSQL's text, its key last. */
export type Position = readonly (string | null)[]

/** Makes and reads cursors. A cursor works only for the list (and the tenant and order) it was made for. */
export interface Cursors {
  encode(list: string, position: Position): string
  /** Throws `BadUserInputError` naming `argument` for anything that was not made here for this list. */
  decode(list: string, cursor: string, argument: string): Position
}

/** 96 bits: nobody guesses that online, and cursors stay short. */
const signatureBytes = 12

export function createCursors(key: Uint8Array): Cursors {
  function signature(list: string, payload: Buffer): Buffer {
    // The length of the list's name is signed too, so that name and payload cannot trade places.
    return createHmac('sha256', key)
      .update(`${list.length}:${list}`)
      .update(payload)
      .digest()
      .subarray(0, signatureBytes)
  }
  return {
    encode(list, position) {
      const payload = Buffer.from(JSON.stringify(position))
      return Buffer.concat([signature(list, payload), payload]).toString('base64url')
    },
    decode(list, cursor, argument) {
      const bytes = Buffer.from(cursor, 'base64url')
      const payload = bytes.subarray(signatureBytes)
      const given = bytes.subarray(0, signatureBytes)
      if (given.length !== signatureBytes || !timingSafeEqual(given, signature(list, payload))) {
        throw new BadUserInputError(argument, 'not a cursor of this list.')
      }
      return JSON.parse(payload.toString()) as Position // only what encode() signed comes this far
    },
  }
}
