import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** A key of its own for one purpose, so that what is signed for one is worth nothing for another. */
export function deriveKey(secret: string, purpose: 'acting' | 'file' | 'seal'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `yeti-portal-gateway/${purpose}`, 32))
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** How many seals are remembered: every request compares one. */
const keptSeals = 10_000

/**
 * Says of a token which password it was signed in with, without telling the password's digest; and how often its owner
 * had been signed out everywhere by then.
 */
export type Seal = (id: number, passwordDigest: string, generation?: number) => string

export function createSeal(secret: string): Seal {
  const key = deriveKey(secret, 'seal')
  const made = new LRUCache<string, string>({ max: keptSeals })
  return (id, passwordDigest, generation = 0) => {
    const sealed = `${generation === 0 ? id : `${id}.${generation}`}:${passwordDigest}`
    let seal = made.get(sealed)
    if (seal === undefined) made.set(sealed, (seal = createHmac('sha256', key).update(sealed).digest('base64url')))
    return seal
  }
}
