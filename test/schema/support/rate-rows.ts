import type { Gateway } from '../../support/gateway.ts'
import { firstPrefix } from './reference-rows.ts'
import { aurora, borealis } from './subjects.ts'
import { count, insert, subjectOf, trickyRows, uuid, value } from './tricky.ts'

const firstPlan = 50_000
const firstGroup = 50_000

/** Plans by their numbers from the first on: the last ones are used by nobody. */
function ownerOf(index: number): readonly [customer: number, account: number] | null {
  if (index >= count - 3) return null
  return index % 9 === 8 ? [borealis, 211] : [aurora, 201 + (index % 3)]
}

/** The groups of plans: one of each, one of both customers, one that no plan has. */
const groupsOfPlans = [
  { plan: 0, group: 0 },
  { plan: 1, group: 1 },
  { plan: 8, group: 2 },
  { plan: 0, group: 3 },
  { plan: 8, group: 3 },
  { plan: count - 1, group: 4 },
]
const groups = 6

/** Rate plans of alice's accounts, some of erin's, some of nobody's, with their rates. */
export async function addRateRows({ primary }: Gateway): Promise<void> {
  await insert(
    primary,
    'class4.rateplans',
    trickyRows('outgoingRateplans', (index) => ({
      id: firstPlan + index,
      uuid: uuid('rateplan', index),
      name: index % 13 === 0 ? null : `${value(subjectOf('outgoingRateplans'), 'name', index)} ${index}`, // unique
      profit_control_mode_id: 1,
    })),
  )
  for (let index = 0; index < count; index++) {
    const owner = ownerOf(index)
    if (owner) await useRateplan(primary, firstPlan + index, ...owner)
  }
  await primary.query(
    `INSERT INTO class4.rate_groups (id, name) SELECT id, 'tricky ' || id FROM generate_series($1::int, $2::int) id`,
    [firstGroup, firstGroup + groups - 1],
  )
  for (const { plan, group } of groupsOfPlans) {
    await primary.query('INSERT INTO class4.rate_plan_groups (rateplan_id, rate_group_id) VALUES ($1, $2)', [
      firstPlan + plan,
      firstGroup + group,
    ])
  }
  await addRates(primary)
}

/** A disabled customers_auth, which lets the account see the plan all the same. */
export async function useRateplan(
  primary: Gateway['primary'],
  plan: number,
  customer: number,
  account: number,
): Promise<void> {
  await primary.query(
    `INSERT INTO class4.customers_auth (customer_id, account_id, rateplan_id, name, enabled, gateway_id, routing_plan_id)
     SELECT $1, $2, $3::int, concat_ws(' ', 'uses plan', $3::int, $2::int), false, gateway_id, routing_plan_id
     FROM class4.customers_auth LIMIT 1`,
    [customer, account, plan],
  )
}

function addRates(primary: Gateway['primary']): Promise<void> {
  return insert(
    primary,
    'class4.destinations',
    trickyRows('outgoingRates', (index) => ({
      id: String(10n ** 17n + BigInt(index)),
      uuid: uuid('rate', index),
      rate_group_id: firstGroup + (index % groups),
      currency_id: index % 4,
      // Of a known prefix, of one that is gone, of none.
      network_prefix_id: [firstPrefix + (index % 3), 499_999, null][index % 7] ?? null,
      dp_margin_fixed: 0,
      dp_margin_percent: 0,
      rate_policy_id: 1,
      use_dp_intervals: false,
      asr_limit: 0,
      acd_limit: 0,
      short_calls_limit: 0,
      quality_alarm: false,
      reverse_billing: false,
      routing_tag_ids: [],
      routing_tag_mode_id: 0,
      allow_package_billing: false,
    })),
  )
}
