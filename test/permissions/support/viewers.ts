import { customerScopes } from '../../../src/permissions/scopes.ts'
import type { Permission } from '../../../src/permissions/permissions.ts'
import { emptyCaches, type Context } from '../../../src/schema/context.ts'
import type { Gateway } from '../../support/gateway.ts'

/** A context as each request has it, for the viewer of a token with other flags than those of the profile. */
export async function contextFor(
  { app, url }: Gateway,
  token: string,
  flags: Readonly<Record<Permission, boolean>>,
): Promise<Context> {
  const address = '127.0.0.1'
  const { viewer } = await app.services.identity.authenticate({ authorization: token, cookie: null, address })
  if (viewer.kind !== 'customer') throw new TypeError('Not a customer’s token')
  const scopes = customerScopes(flags)
  return { ...app.services, viewer: { ...viewer, scopes }, address, origin: url, setCookies: [], ...emptyCaches() }
}
