// @ts-check

/**
 * The text of the nth HTTP request of a plan.
 * @param {import('./load.js').Plan} plan
 * @returns {(n: number) => string}
 */
export function requestsOf({ url, bodies, tokens = [] }) {
  const { host, pathname } = new URL(url)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\naccept: application/json\r\n`
  const authorizations = tokens.length === 0 ? [''] : tokens.map((token) => `authorization: Bearer ${token}\r\n`)
  const contents = bodies.map(
    (body) => `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  const text = (/** @type {number} */ content, /** @type {number} */ authorization) =>
    `${head}${authorizations[authorization % authorizations.length]}${contents[content]}`
  if (contents.length === 1 && authorizations.length === 1) {
    const only = text(0, 0)
    return () => only
  }
  // One further each time round, so that a body does not always meet the same token.
  return (n) => text(n % contents.length, n + Math.floor(n / contents.length))
}
