import { createCipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { BadUserInputError } from '../../errors.ts'

/** Where a row stands in a list: the values it is ordered by, as PostgreSQL's text, its key last. */
export type Position = readonly (string | null)[]

/** Makes and reads cursors. A cursor works only for the list (and the tenant and order) it was made for. */
export interface Cursors {
  encode(list: string, position: Position): string
  /** Throws `BadUserInputError` naming `argument` for anything that was not made here for this list. */
  decode(list: string, cursor: string, argument: string): Position
}

/** Bytes of the signature, which is also where the cipher starts counting. */
const signatureBytes = 16

/**
 * `key`: 32 bytes. The signature of what is inside starts the cipher that hides it (a synthetic IV, RFC 5297's
 * idea), so the same position has the same cursor, and nothing can be learned from or changed in one.
 */
export function createCursors(key: Uint8Array): Cursors {
  const signing = hkdfSync('sha256', key, '', 'sign', 32)
  const hiding = new Uint8Array(hkdfSync('sha256', key, '', 'hide', 32))
  function signature(list: string, payload: Buffer): Buffer {
    // The length of the list's name is signed too, so that name and payload cannot trade places.
    const hmac = createHmac('sha256', new Uint8Array(signing)).update(`${list.length}:${list}`).update(payload)
    return hmac.digest().subarray(0, signatureBytes)
  }
  // CTR is its own inverse.
  const hidden = (payload: Buffer, start: Buffer): Buffer =>
    createCipheriv('aes-256-ctr', hiding, start).update(payload)
  return {
    encode(list, position) {
      const payload = Buffer.from(JSON.stringify(position))
      const signed = signature(list, payload)
      return Buffer.concat([signed, hidden(payload, signed)]).toString('base64url')
    },
    decode(list, cursor, argument) {
      const bytes = Buffer.from(cursor, 'base64url')
      const given = bytes.subarray(0, signatureBytes)
      if (given.length !== signatureBytes) throw new BadUserInputError(argument, 'not a cursor of this list.')
      const payload = hidden(bytes.subarray(signatureBytes), given)
      if (!timingSafeEqual(given, signature(list, payload)))
        throw new BadUserInputError(argument, 'not a cursor of this list.')
      return JSON.parse(payload.toString()) as Position // only what encode() signed comes this far
    },
  }
}
