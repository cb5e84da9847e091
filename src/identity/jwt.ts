import { CompactSign, decodeJwt, jwtVerify } from 'jose'

const algorithm = 'HS256'

/** By hand and not with jose's SignJWT, which has no numbers as subject; Yeti's subjects are numbers. */
export function signJwt(claims: object, key: Uint8Array): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  return new CompactSign(payload).setProtectedHeader({ alg: algorithm }).sign(key)
}

export interface Expected {
  readonly key: Uint8Array
  readonly audience: string
  /** Whether a token without `exp` is refused. One with it is always held to it. */
  readonly mustExpire: boolean
}

/** The claims of a token that is good; null for every other text. Keys that a token names itself are not looked at. */
export async function verifyJwt(token: string, { key, audience, mustExpire }: Expected): Promise<unknown> {
  try {
    const requiredClaims = mustExpire ? ['exp'] : []
    const { payload } = await jwtVerify(token, key, { algorithms: [algorithm], audience, requiredClaims })
    return payload
  } catch {
    return null // Nothing here but the text itself can fail, so whatever was thrown says: not a good token.
  }
}

/** What a token says of its audience, before anybody knows whether it is good. */
export function audiencesOf(token: string): readonly string[] {
  try {
    return [decodeJwt(token).aud ?? []].flat()
  } catch {
    return []
  }
}
