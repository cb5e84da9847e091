import type { Gateway } from '../../support/gateway.ts'
import type { Sample } from './arguments.ts'
import { documentOf } from './document.ts'
import { rootSelections, type Selection } from './selections.ts'

const hour = 3_600_000

/** A sample of what a login sees that may see everything. */
export async function takeSample(
  { ask, cdr, primary }: Pick<Gateway, 'ask' | 'cdr' | 'primary'>,
  token: string,
): Promise<Sample> {
  await addActiveCalls({ cdr, primary })
  const calls = await ask('{ outgoingCdrs(first: 1) { nodes { accountId } } }', { token })
  const now = Date.now()
  const accountId: string = calls.data.outgoingCdrs.nodes[0].accountId
  const first: Sample = {
    accountId,
    fromTime: new Date(now - 30 * hour).toISOString(),
    toTime: new Date(now).toISOString(),
    ids: {},
    given: { ...(await writtenFor(ask, token, accountId)), ...(await rateFor(primary, accountId)) },
  }
  await completeExports(primary)
  // Yeti hides what was rolled back, so that this shows no value by itself.
  await primary.query(
    'UPDATE billing.payments SET rolledback_at = now() WHERE id IN (SELECT max(id) FROM billing.payments WHERE status_id = 20 GROUP BY account_id)',
  )
  const richest = new Map<string, Found>()
  // Twice: what asks by the id of something has none at first.
  let sample = first
  for (const _ of [1, 2]) {
    for (const root of rootSelections(sample)) {
      for (const found of objectsIn(await manyOf(ask, token, root))) {
        if (found.values > (richest.get(found.type)?.values ?? 0)) richest.set(found.type, found)
      }
    }
    sample = { ...first, ids: Object.fromEntries([...richest].map(([type, { id }]) => [type, id])) }
  }
  return sample
}

/** Calls in progress that stay the newest for as long as a test runs, of every account, with a value in every column. */
export async function addActiveCalls({ cdr, primary }: Pick<Gateway, 'cdr' | 'primary'>): Promise<void> {
  await cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT DISTINCT account_id, 1, 4, now() + interval '1 hour' FROM stats.active_call_accounts`,
  )
  const texts = [
    'destination_prefix', 'src_name_in', 'src_prefix_in', 'dst_prefix_in', 'src_prefix_routing', 'dst_prefix_routing',
    'from_domain', 'to_domain', 'ruri_domain', 'diversion_in', 'pai_in', 'ppi_in', 'privacy_in', 'rpid_in', 'rpid_privacy_in',
  ] // prettier-ignore
  const numbers = [
    'destination_initial_interval', 'destination_initial_rate', 'destination_next_interval', 'destination_next_rate',
    'destination_fee', 'auth_orig_transport_protocol_id', 'auth_orig_port', 'src_country_id', 'dst_country_id',
  ] // prettier-ignore
  await primary.query(
    `INSERT INTO portal.active_calls (snapshot_timestamp, id, start_time, connect_time, customer_id, customer_acc_id,
       auth_orig_ip, ${[...texts, ...numbers].join(', ')})
     SELECT date_trunc('minute', now()) + interval '1 hour', id, now(), now(), contractor_id, id, '192.0.2.1',
       ${[...texts.map((name) => `'${name}'`), ...numbers.map(() => '1')].join(', ')}
     FROM billing.accounts ON CONFLICT DO NOTHING`,
  )
}

/** As many rows as an operation of that size may have. */
async function manyOf(ask: Gateway['ask'], token: string, root: Selection): Promise<unknown> {
  const [first, second] = [100, 10].map((size) => documentOf([root]).replace('first: 3', `first: ${size}`))
  const { data, errors } = await ask(first ?? '', { token })
  return errors ? (await ask(second ?? '', { token })).data : data
}

/** A number that a rate plan of this account has a rate for, with a routing tag if there is one. */
async function rateFor(primary: Gateway['primary'], accountId: string): Promise<Record<string, string>> {
  const { rows } = await primary.query<{ uuid: string; prefix: string }>(
    `SELECT plan.uuid, rate.prefix FROM billing.accounts account
     JOIN class4.customers_auth auth ON auth.account_id = account.id
     JOIN class4.rateplans plan ON plan.id = auth.rateplan_id
     JOIN class4.rate_plan_groups part ON part.rateplan_id = plan.id
     JOIN class4.destinations rate ON rate.rate_group_id = part.rate_group_id
     WHERE account.uuid = $1 AND rate.enabled AND now() BETWEEN rate.valid_from AND rate.valid_till
     ORDER BY rate.routing_tag_ids = '{}', rate.id LIMIT 1`,
    [Buffer.from(accountId, 'base64').toString().replace('Account:', '')],
  )
  return {
    'Query.checkRate(rateplanId:)': JSON.stringify(Buffer.from(`Rateplan:${rows[0]?.uuid}`).toString('base64')),
    'Query.checkRate(number:)': JSON.stringify(`${rows[0]?.prefix}5550123`),
  }
}

/** What only a mutation makes; and how it is asked for. */
async function writtenFor(ask: Gateway['ask'], token: string, accountId: string): Promise<Record<string, string>> {
  const { data, errors } = await ask(
    `mutation ($accountId: ID!) {
      createCryptomusPayment(input: { accountId: $accountId, amount: "25" }) { id }
      createOutgoingCdrExport(input: { accountId: $accountId, timeZoneName: "Europe/Kyiv", filters: {
        timeStartGte: "2026-01-01T00:00:00Z", timeStartLt: "2026-02-01T00:00:00Z", success: true,
        duration: 60, durationGte: 1, durationLte: 90, srcPrefixRouting: "1", dstPrefixRouting: "2"
      } }) { id }
    }`,
    { token, variables: { accountId } },
  )
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return { 'Query.cryptomusPayment(id:)': JSON.stringify(data.createCryptomusPayment.id) }
}

/** No worker runs here; an export that is ready shows more. */
async function completeExports(primary: Gateway['primary']): Promise<void> {
  await primary.query(
    `INSERT INTO portal.cdr_exports (export_id, rows_written, written_until, started_at, finished_at, expires_at)
     SELECT id, 7, now(), now(), now(), now() + interval '1 day' FROM sys.cdr_exports WHERE status = 'Pending'
     ON CONFLICT (export_id) DO UPDATE SET rows_written = 7, written_until = now(), expires_at = now() + interval '1 day'`,
  )
  await primary.query(`UPDATE sys.cdr_exports SET status = 'Completed', rows_count = 7 WHERE status = 'Pending'`)
}

export interface Found {
  readonly type: string
  readonly id: string
  /** How many of its fields have one. */
  readonly values: number
}

/** The objects in an answer that say their type and id. */
export function objectsIn(value: unknown): Found[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (typeof value !== 'object' || value === null) return []
  const below = Object.values(value).flatMap(objectsIn)
  if (!('__typename' in value && 'id' in value)) return below
  const values = Object.values(value).filter((each) => each !== null).length
  return [{ type: String(value.__typename), id: String(value.id), values }, ...below]
}
