import type { Gateway } from '../../support/gateway.ts'
import { aurora, borealis } from './subjects.ts'
import { count, insert, subjectOf, trickyRows, value } from './tricky.ts'

const firstList = 50_000
const firstItem = 10n ** 17n

function isForeign(index: number): boolean {
  return index % 9 === 8
}

/** Numberlists, and the items in some of them; mostly alice's. */
export async function addNumberlistRows({ primary }: Pick<Gateway, 'primary'>): Promise<void> {
  const [lists, items] = [subjectOf('outgoingNumberlists'), subjectOf('outgoingNumberlistItems')]
  await insert(
    primary,
    'class4.numberlists',
    trickyRows(lists.field, (index) => ({
      id: firstList + index,
      name: `${value(lists, 'name', index)} ${index}`, // unique in Yeti
      tag_action_value: [],
      defer_src_rewrite: false,
      defer_dst_rewrite: false,
    })),
  )
  await assign(primary)
  await insert(
    primary,
    'class4.numberlist_items',
    trickyRows(items.field, (index) => ({
      id: String(firstItem + BigInt(index)),
      // Few lists, so that many have the same; all of one of them are foreign.
      numberlist_id: firstList + (isForeign(index) ? 8 : index % 4),
      key: `${value(items, 'key', index)} ${index}`, // unique in its list
      tag_action_value: [],
      number_min_length: 0,
      number_max_length: 100,
      defer_src_rewrite: false,
      defer_dst_rewrite: false,
    })),
  )
}

/** One customers_auth for each list; and the lists are given to all logins, which alone says nothing. */
async function assign(primary: Gateway['primary']): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => firstList + index)
  for (const [index, list] of ids.entries()) {
    const [customer, account] = isForeign(index) ? [borealis, 211] : [aurora, 201 + (index % 3)]
    await primary.query(
      `INSERT INTO class4.customers_auth (customer_id, account_id, rateplan_id, gateway_id, routing_plan_id, name, enabled, dst_numberlist_id)
       SELECT customer_id, $2, rateplan_id, gateway_id, routing_plan_id, 'tricky ' || $3::int, false, $3
       FROM class4.customers_auth WHERE customer_id = $1 AND account_id = $2 LIMIT 1`,
      [customer, account, list],
    )
  }
  await primary.query(
    `UPDATE sys.api_access SET allow_outgoing_numberlists_ids = allow_outgoing_numberlists_ids || $1::int[]`,
    [ids],
  )
}
