import type { CustomerViewer } from '../../../src/identity/viewer.ts'
import { nothingAllowed } from '../../../src/permissions/access-profile.ts'
import type { Permission } from '../../../src/permissions/permissions.ts'
import { customerScopes } from '../../../src/permissions/scopes.ts'

/** A login of some customer with just these flags. */
export function customer(options: {
  readonly customerId: number
  readonly accountIds?: readonly number[]
  readonly flags: readonly Permission[]
}): CustomerViewer {
  const flags = { ...nothingAllowed, ...Object.fromEntries(options.flags.map((flag) => [flag, true])) }
  return {
    kind: 'customer',
    scopes: customerScopes(flags),
    loginId: 1,
    login: 'somebody',
    customer: { id: options.customerId, name: 'Some customer' },
    tenant: { customerId: options.customerId, accountIds: options.accountIds ?? [], numberlistIds: [] },
    accessProfile: { id: 1, name: 'Some profile', flags },
    actor: null,
    provisionGatewayId: null,
    session: { key: 'key', expiresAt: null },
  }
}
