import type { IncomingMessage } from 'node:http'
import type { GraphQLSchema } from 'graphql'
import { createYoga } from 'graphql-yoga'
import type { Explaining } from '../enforcement/foresight.ts'
import { useActingLog } from '../enforcement/acting-log.ts'
import { useEnforcement } from '../enforcement/plugin.ts'
import { useSuggestions } from '../enforcement/suggestions-plugin.ts'
import { viewerSchemas, type ViewerSchemas } from '../enforcement/viewer-schema.ts'
import { clientAddress, type Authenticated } from '../identity/identity.ts'
import { anonymous } from '../identity/viewer.ts'
import { emptyCaches, type Context, type Services } from '../schema/context.ts'
import { useClosedErrors } from './closed-errors.ts'
import { documentCaches } from './document-caches.ts'
import { createMaskError } from './mask-error.ts'
import { useDocumentChecks } from './validation-errors.ts'

export interface ServerContext {
  readonly req: IncomingMessage
  /** For what comes over a socket, on which no cookie can be set; `authorization` in place of the header. */
  readonly socket?: { readonly authorization: string | null }
  /** For what is only to be explained. */
  readonly explaining?: Explaining
}

/** The GraphQL endpoint: Yoga with our walls, limits and masking; its own pages, CORS and parsers are off. */
export function createGraphql(
  services: Services,
  schema: GraphQLSchema,
  schemaOf: ViewerSchemas = viewerSchemas(schema),
) {
  const addressOf = clientAddress(services.config.http.trustedProxies)
  const cookies = new WeakMap<Request, string[]>()
  const authenticated = ({ req, socket }: ServerContext): Promise<Authenticated> => {
    const { authorization = null, cookie = null } = req.headers
    return services.identity.authenticate({
      authorization: socket?.authorization ?? authorization,
      cookie,
      address: addressOf(req),
      renews: socket === undefined,
    })
  }
  return createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    // `keepsBodyLimit` has seen to it.
    maxRequestBodySize: false,
    logging: false,
    parserAndValidationCache: documentCaches(),
    maskedErrors: { maskError: createMaskError(services.log) },
    plugins: [
      useDocumentChecks(),
      useActingLog(),
      useEnforcement(schema, schemaOf),
      useSuggestions<ServerContext>(
        async (context) => (context.explaining ?? (await authenticated(context)).viewer).scopes,
        schemaOf,
      ),
      useClosedErrors(),
      {
        onResponse({ request, response }) {
          for (const cookie of cookies.get(request) ?? []) response.headers.append('set-cookie', cookie)
        },
      },
    ],
    async context({ request, req, socket, explaining }) {
      // Nobody asks this. Should anything of it run after all, it would run for nobody.
      if (explaining) return { ...services, ...asNobody(), ...emptyCaches() }
      const { viewer, setCookies } = await authenticated({ req, ...(socket && { socket }) })
      const sent = [...setCookies]
      cookies.set(request, sent)
      return {
        ...services,
        viewer,
        address: addressOf(req),
        origin: services.config.http.publicUrl ?? new URL(request.url).origin,
        setCookies: sent,
        ...emptyCaches(),
      }
    },
  })
}

function asNobody(): Pick<Context, 'viewer' | 'address' | 'origin' | 'setCookies'> {
  return { viewer: anonymous, address: '', origin: '', setCookies: [] }
}
