/** The Relay id of an object: which type, and its public key in Yeti (a uuid or an integer). */
export interface GlobalId {
  readonly type: string
  readonly key: string
}

export function encodeGlobalId(type: string, key: string): string {
  return Buffer.from(`${type}:${key}`).toString('base64')
}

/** No id of ours is longer; what is need not be decoded to be refused. */
const maxLength = 200

/** Reads a Relay id; null when it is not one. Only the very text that `encodeGlobalId` makes is accepted. */
export function decodeGlobalId(id: string): GlobalId | null {
  if (id.length > maxLength) return null
  const [, type, key] = /^([A-Za-z]+):([\w-]{1,64})$/.exec(Buffer.from(id, 'base64').toString('latin1')) ?? []
  return type !== undefined && key !== undefined && encodeGlobalId(type, key) === id ? { type, key } : null
}
