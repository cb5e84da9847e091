// @ts-check
import { fieldNames, pageStart } from './page.js'

/**
 * The bodies of different small requests for calls: other fields, aliases, filters, orders and page sizes.
 * @param {number} count
 */
export function randomOperations(count) {
  const from = pageStart()
  const random = randomNumbers(1)
  const below = (/** @type {number} */ limit) => Math.floor(random() * limit)
  return Array.from({ length: count }, (_, index) => {
    const names = fieldNames.filter(() => random() < 0.4)
    const selection = ['id', ...names].map((name) => (random() < 0.1 ? `field${below(1_000)}${name}: ${name}` : name))
    const filters = [
      `timeStart: { gte: "${from}" }`,
      ...(random() < 0.5 ? [`duration: { gte: ${below(30)} }`] : []),
      ...(random() < 0.5 ? [`customerPrice: { lt: "${10 + below(1_000)}.5" }`] : []),
    ]
    const order = random() < 0.3 ? ', orderBy: [{ duration: DESC }]' : ''
    const list = `outgoingCdrs(first: ${1 + below(5)}, where: { ${filters.join(', ')} }${order})`
    // A name of its own makes sure that no two are alike.
    return JSON.stringify({ query: `query Operation${index} { ${list} { nodes { ${selection.join(' ')} } } }` })
  })
}

/**
 * The same numbers from 0 to 1 in every run (mulberry32).
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
