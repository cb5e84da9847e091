import { createHash } from 'node:crypto'

/** A uuid that depends on the name only (version 5 in form), so that two fills give the same public ids. */
export function uuidOf(kind: string, id: number | string): string {
  const hex = createHash('sha1').update(`demo/${kind}/${id}`).digest('hex')
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}
