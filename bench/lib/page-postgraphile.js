// @ts-check
// PostGraphile names and writes things its own way: the page in its words.
import { fieldNames } from './page.js'

/** @param {{ first: number, from: string, customer: number }} page */
export function postgraphileBody({ first, from, customer }) {
  // There is one id, and its name is `rowId`; `isLastCdr` makes it 30 columns again.
  const own = new Map([
    ['id', 'rowId'],
    ['cdrId', 'isLastCdr'],
  ])
  const names = fieldNames.map((name) => own.get(name) ?? name)
  const query = `query Page($first: Int!, $from: Datetime!, $customer: Int!) { outgoingCdrs(customer: $customer, since: $from, first: $first) { nodes { ${names.join(' ')} } } }`
  return JSON.stringify({ query, variables: { first, from, customer } })
}

/**
 * The same calls in the same order; times have other formats, for instance.
 * @param {any[]} nodes
 * @param {any[]} reference
 */
export function samePostgraphile(nodes, reference) {
  return nodes.length === reference.length && nodes.every(({ rowId }, index) => rowId === reference[index].cdrId)
}
