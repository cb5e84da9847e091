import { sql, type Databases } from './databases.ts'
import { gatewaysOf, type TenantScope } from './tenancy.ts'

/** What a call token needs to know of a gateway of the switch. */
export interface Gateway {
  readonly uuid: string
  /** Whether the switch takes call tokens from it. */
  readonly allowsJwt: boolean
}

/** An enabled gateway by its internal id; null where the tenant has none such. */
export async function findGateway(databases: Databases, tenant: TenantScope, id: number): Promise<Gateway | null> {
  const [row] = await databases.query<{ uuid: string; allows_jwt: boolean }>(
    'primary',
    sql`
      SELECT uuid, incoming_auth_allow_jwt AS allows_jwt FROM class4.gateways
      WHERE ${gatewaysOf(tenant)} AND id = ${id} AND enabled`,
    { isRepeated: true },
  )
  return row ? { uuid: row.uuid, allowsJwt: row.allows_jwt } : null
}
