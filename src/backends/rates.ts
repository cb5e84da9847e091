import { sourceOf } from './absent-columns.ts'
import { sql, type Databases, type Sql } from './databases.ts'
import { columnList, type Column } from './rows.ts'
import { ratesOf, type TenantScope } from './tenancy.ts'
import type { TextRow } from './text-row.ts'

/** The rates of one rate plan, by its internal id. */
export function ratesOfPlan(rateplanId: Sql): Sql {
  return ofGroups(sql`SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id = ${rateplanId}`)
}

/** The rates of these rate plans, by internal ids. */
export function ratesOfPlans(rateplanIds: readonly string[]): Sql {
  return ofGroups(
    sql`SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id = ANY(${[...rateplanIds]}::int[])`,
  )
}

/** The rates by which calls of these accounts are charged, by internal ids. */
export function ratesOfAccounts(accountIds: readonly string[]): Sql {
  return ofGroups(sql`SELECT rate_group_id FROM class4.rate_plan_groups JOIN class4.customers_auth USING (rateplan_id)
    WHERE account_id = ANY(${[...accountIds]}::int[])`)
}

/** Not a join: the groups are few, and looked up once. */
function ofGroups(groups: Sql): Sql {
  return sql`rate_group_id = ANY(ARRAY(${groups}))`
}

/** No number has more tags than this; no list is without a limit. */
const maxRates = 500

/**
 * The rates of a plan that a call to this number would have now, as Yeti finds them: of those with the same routing
 * tags the ones with the longest prefix. Columns are read as PostgreSQL's text.
 */
export async function checkRate(
  databases: Databases,
  tenant: TenantScope,
  { rateplanId, number, columns }: { rateplanId: string; number: string; columns: readonly Column[] },
): Promise<TextRow[]> {
  const matching = sql`SELECT id, rank() OVER (PARTITION BY routing_tag_ids ORDER BY length(prefix) DESC) AS place
    FROM class4.destinations
    WHERE ${ratesOf(tenant)} AND ${ratesOfPlan(sql`${rateplanId}::int`)} AND enabled AND now() BETWEEN valid_from AND valid_till
      AND prefix = ANY(${prefixesOf(number)}::text[])`
  return databases.texts(
    'primary',
    sql`SELECT ${columnList(columns)} FROM ${sourceOf(databases, 'class4.destinations')}
      WHERE id IN (SELECT id FROM (${matching}) matching WHERE place = 1) ORDER BY length(prefix) DESC, id LIMIT ${maxRates}`,
  )
}

/** Every beginning of a number, the empty one and the whole: to be compared with, where an index of prefixes is at hand. */
function prefixesOf(number: string): string[] {
  const characters = [...number]
  return ['', ...characters.map((_, index) => characters.slice(0, index + 1).join(''))]
}
