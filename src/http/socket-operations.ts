import type { IncomingMessage } from 'node:http'
import type { YogaServerInstance } from 'graphql-yoga'
import { deniedHeader } from '../enforcement/denied-header.ts'
import { clientAddress } from '../identity/identity.ts'
import type { Context, Services } from '../schema/context.ts'
import type { RunOperation, SocketProtocolOptions } from './socket-protocol.ts'
import type { ServerContext } from './yoga.ts'

type Graphql = YogaServerInstance<ServerContext, Context>

/** Runs what comes over a socket through the very same plugins, each operation with a context of its own. */
export function socketOperations(
  { config, identity }: Services,
  graphql: Graphql,
): Pick<SocketProtocolOptions, 'run' | 'accepts'> {
  const addressOf = clientAddress(config.http.trustedProxies)
  const run: RunOperation = async ({ req, authorization, denied, params }) => {
    const wanted = denied ?? req.headers[deniedHeader]?.toString()
    const headers = { ...(wanted !== undefined && { [deniedHeader]: wanted }) }
    const request = new Request(urlOf(req), { method: 'POST', headers })
    return graphql.getResultForParams({ params, request }, { req, socket: { authorization } })
  }
  return {
    run,
    async accepts(authorization, req) {
      const { viewer } = await identity.authenticate({
        authorization,
        cookie: null,
        address: addressOf(req),
        renews: false,
      })
      return viewer.kind !== 'anonymous'
    },
  }
}

/** Only its origin matters: where links to files point. The host was checked at the upgrade. */
function urlOf({ headers: { host = 'localhost' } }: IncomingMessage): string {
  return `http://${host}/graphql`
}
