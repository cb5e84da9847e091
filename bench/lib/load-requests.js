// @ts-check

/**
 * The text of the nth HTTP request of a plan; each body meets each token.
 * @param {import('./load.js').Plan} plan
 * @returns {(n: number) => string}
 */
export function requestsOf({ url, bodies, tokens = [] }) {
  const { host, pathname } = new URL(url)
  const head = `host: ${host}\r\nconnection: keep-alive\r\naccept: application/json\r\n`
  const authorizations = tokens.length === 0 ? [''] : tokens.map((token) => `authorization: Bearer ${token}\r\n`)
  const contents = bodies.map((body) =>
    body.startsWith('/')
      ? { what: `GET ${body}`, rest: '\r\n' }
      : {
          what: `POST ${pathname}`,
          rest: `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        },
  )
  const text = (/** @type {number} */ content, /** @type {number} */ authorization) => {
    const { what = '', rest = '' } = contents[content] ?? {}
    return `${what} HTTP/1.1\r\n${head}${authorizations[authorization % authorizations.length]}${rest}`
  }
  if (contents.length === 1 && authorizations.length === 1) {
    const only = text(0, 0)
    return () => only
  }
  // One further each time all pairs have come round, so that a body does not always meet the same tokens.
  const round = leastCommonMultiple(contents.length, authorizations.length)
  return (n) => text(n % contents.length, n + Math.floor(n / round))
}

/**
 * @param {number} one
 * @param {number} other
 */
function leastCommonMultiple(one, other) {
  let [divisor, rest] = [one, other]
  while (rest > 0) [divisor, rest] = [rest, divisor % rest]
  return (one / divisor) * other
}
