import { isIP, SocketAddress } from 'node:net'

/**
 * One spelling per address: IPv4 also where it came mapped into IPv6, no zone, the short form. Null for what is
 * no address, which matches no list of allowed ones.
 */
export function normalizeAddress(text: string): string | null {
  const version = isIP(text)
  if (version !== 6) return version === 4 ? text : null
  const [withoutZone] = text.split('%', 1)
  const { address } = new SocketAddress({ address: withoutZone, family: 'ipv6' })
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : ''
  return isIP(mapped) === 4 ? mapped : address
}

/** Whether PostgreSQL's `inet` reads it: an address, with or without the length of its network. */
export function isNetwork(text: string): boolean {
  const [address = '', length, ...more] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || more.length > 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128))
}

/** What one client can easily change counts as one: an IPv6 customer has a whole /64 to himself. */
export function addressBlock(address: string): string {
  return isIP(address) === 6 ? ipv6Groups(address).slice(0, 4).join(':') : address
}

function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  if (tail === undefined) return [...head]
  return [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
}
