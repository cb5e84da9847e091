import { expect } from 'vitest'
import type { Gateway } from '../../support/gateway.ts'

/** What the registry says of a subscription, as the database has it. */
export interface RegisteredRow {
  readonly process: string
  readonly login_id: number | null
  readonly login_name: string
  readonly profile: string
  readonly operation_name: string | null
  readonly root_field: string
  readonly ends_without: readonly string[]
  readonly loses_without: readonly string[]
}

export async function registered(gateway: Gateway): Promise<RegisteredRow[]> {
  const { rows } = await gateway.primary.query<RegisteredRow>(
    `SELECT g.name AS process, login_id, login_name, p.name AS profile, operation_name, root_field, ends_without, loses_without
     FROM portal.running_subscriptions r JOIN portal.gateway_processes g ON g.id = r.process_id
     JOIN sys.customer_portal_access_profiles p ON p.id = r.access_profile_id ORDER BY g.registered_at, r.process_id, r.id`,
  )
  return rows
}

/** Waits until the registry has so many; and answers them. */
export async function registeredUntil(gateway: Gateway, count: number): Promise<RegisteredRow[]> {
  await expect.poll(() => registered(gateway).then(({ length }) => length), { timeout: 20_000 }).toBe(count)
  return registered(gateway)
}

/** The registry's own statements of a gateway, from now on. */
export function registryStatements(gateway: Gateway): { readonly texts: string[] } & Disposable {
  const { databases } = gateway.app.services
  const texts: string[] = []
  databases.onStatement = (_database, text) => void (text.includes('portal.gateway_processes') && texts.push(text))
  return { texts, [Symbol.dispose]: () => void (databases.onStatement = null) }
}
