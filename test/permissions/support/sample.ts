import type { Gateway } from '../../support/gateway.ts'
import type { Sample } from './arguments.ts'
import { documentOf } from './document.ts'
import { rootSelections } from './selections.ts'

const hour = 3_600_000

/** A sample of what a login sees that may see everything. */
export async function takeSample({ ask, cdr }: Pick<Gateway, 'ask' | 'cdr'>, token: string): Promise<Sample> {
  // Counts of calls in progress that stay the newest for as long as a test runs.
  await cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT DISTINCT account_id, 3, 4, now() + interval '1 hour' FROM stats.active_call_accounts`,
  )
  const calls = await ask('{ outgoingCdrs(first: 1) { nodes { accountId } } }', { token })
  const now = Date.now()
  const sample: Sample = {
    accountId: calls.data.outgoingCdrs.nodes[0].accountId,
    fromTime: new Date(now - 30 * hour).toISOString(),
    toTime: new Date(now).toISOString(),
    ids: {},
  }
  const { data } = await ask(documentOf(rootSelections(sample)).replaceAll('first: 3', 'first: 100'), { token })
  const richest = new Map<string, Found>()
  for (const found of objectsIn(data)) {
    if (found.values > (richest.get(found.type)?.values ?? 0)) richest.set(found.type, found)
  }
  return { ...sample, ids: Object.fromEntries([...richest].map(([type, { id }]) => [type, id])) }
}

interface Found {
  readonly type: string
  readonly id: string
  /** How many of its fields have one. */
  readonly values: number
}

function objectsIn(value: unknown): Found[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (typeof value !== 'object' || value === null) return []
  const below = Object.values(value).flatMap(objectsIn)
  if (!('__typename' in value && 'id' in value)) return below
  const values = Object.values(value).filter((each) => each !== null).length
  return [{ type: String(value.__typename), id: String(value.id), values }, ...below]
}
