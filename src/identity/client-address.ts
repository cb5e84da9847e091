import type { IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'

/**
 * The address of a request's client: the peer's, or, behind trusted proxies, what these say of it. Empty where
 * that cannot be told, which no list of allowed addresses contains. Throws on a list that it cannot read.
 */
export function clientAddress(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddress.compile([...trustedProxies])
  return (request) => {
    const peer = request.socket.remoteAddress ?? ''
    if (!isTrusted(peer, 0)) return peer
    const forwarded = proxyAddress(request, isTrusted)
    const real = header(request, 'x-real-ip')
    if (real === '') return forwarded
    if (header(request, 'x-forwarded-for') === '') return real
    // A proxy that sets only one of the two hands on the other as the client wrote it. Nothing tells which, so
    // they have to agree; a proxy's own address is what the second of two proxies sees.
    return real === forwarded || isTrusted(real, 0) ? forwarded : ''
  }
}

function header(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? '').trim()
}
