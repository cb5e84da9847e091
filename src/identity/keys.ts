import { createHash, createHmac, hkdfSync } from 'node:crypto'

/** A key of its own for one purpose, so that what is signed for one is worth nothing for another. */
export function deriveKey(secret: string, purpose: 'file' | 'seal'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `yeti-portal-gateway/${purpose}`, 32))
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Says of a token which password it was signed in with, without telling the password's digest. */
export type Seal = (id: number, passwordDigest: string) => string

export function createSeal(secret: string): Seal {
  const key = deriveKey(secret, 'seal')
  return (id, passwordDigest) => createHmac('sha256', key).update(`${id}:${passwordDigest}`).digest('base64url')
}
