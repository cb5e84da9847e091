// @ts-check
// The page that everybody answers: the calls of one customer in the last day, newest first, 30 fields each.

/** Field → its column in cdr.cdr, and its type in GraphQL. */
export const fields = /** @type {const} */ ({
  id: ['id', 'ID!'],
  cdrId: ['id', 'BigInt'],
  timeStart: ['time_start', 'DateTime'],
  timeConnect: ['time_connect', 'DateTime'],
  timeEnd: ['time_end', 'DateTime'],
  duration: ['duration', 'Int'],
  success: ['success', 'Boolean'],
  srcPrefixRouting: ['src_prefix_routing', 'String'],
  dstPrefixRouting: ['dst_prefix_routing', 'String'],
  localTag: ['local_tag', 'String'],
  destinationInitialInterval: ['destination_initial_interval', 'Int'],
  destinationInitialRate: ['destination_initial_rate', 'Decimal'],
  destinationNextInterval: ['destination_next_interval', 'Int'],
  destinationNextRate: ['destination_next_rate', 'Decimal'],
  destinationFee: ['destination_fee', 'Decimal'],
  destinationPrefix: ['destination_prefix', 'String'],
  customerPrice: ['customer_price', 'Decimal'],
  customerDuration: ['customer_duration', 'Int'],
  srcNameIn: ['src_name_in', 'String'],
  srcPrefixIn: ['src_prefix_in', 'String'],
  dstPrefixIn: ['dst_prefix_in', 'String'],
  fromDomain: ['from_domain', 'String'],
  toDomain: ['to_domain', 'String'],
  ruriDomain: ['ruri_domain', 'String'],
  legaDisconnectCode: ['lega_disconnect_code', 'Int'],
  legaDisconnectReason: ['lega_disconnect_reason', 'String'],
  authOrigIp: ['auth_orig_ip', 'String'],
  authOrigPort: ['auth_orig_port', 'Int'],
  origCallId: ['orig_call_id', 'String'],
  legaUserAgent: ['lega_user_agent', 'String'],
})

export const fieldNames = /** @type {(keyof typeof fields)[]} */ (Object.keys(fields))

/** How many rows are asked for. */
export const pageSizes = [1, 100, 500]

/** @param {string} selection the fields of a call */
export function pageQuery(selection = fieldNames.join(' ')) {
  return `query Page($first: Int!, $from: DateTime!) { outgoingCdrs(first: $first, where: { timeStart: { gte: $from } }) { nodes { ${selection} } } }`
}

/**
 * The body of the request, the same for the gateway and those that have a schema of our making.
 * @param {{ first: number, from: string, query?: string }} what
 */
export function pageBody({ first, from, query = pageQuery() }) {
  return JSON.stringify({ query, variables: { first, from } })
}

/** From when on: a day ago, as the portal opens its list, and what a list of the gateway shows by default. */
export function pageStart() {
  const minute = 60_000
  return new Date(Math.floor(Date.now() / minute - 24 * 60) * minute).toISOString()
}
