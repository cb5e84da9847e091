import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse, type Refusal } from './answers.ts'
import { keepsBodyLimit, refuseBody } from './body-limit.ts'
import { crossSiteRefusal, type TrustedOrigins } from './cross-site.ts'
import { wantsHtml } from './negotiation.ts'
import type { Handler, Route } from './route.ts'
import type { Target } from './target.ts'

export interface GraphqlRouteOptions {
  readonly trusted: TrustedOrigins
  /** Yoga's handler of Node requests. */
  readonly graphql: (req: IncomingMessage, res: ServerResponse) => unknown
  /** What a browser gets; null: nothing but the API. */
  readonly page: Handler | null
}

const noJson: Refusal = { status: 415, code: 'BAD_USER_INPUT', message: 'Expected content-type: application/json' }
const noHead: Refusal = { status: 405, code: 'BAD_USER_INPUT', message: 'Method not allowed' }

/** The API, and its page for people. What may not run is refused here, before anything is parsed. */
export function graphqlRoute({ trusted, graphql, page }: GraphqlRouteOptions): Route {
  return {
    path: '/graphql',
    methods: ['GET', 'HEAD', 'POST'],
    cors: true,
    async handle(req, res, target) {
      if (page !== null) res.appendHeader('Vary', 'Accept')
      if (page !== null && req.method !== 'POST' && wantsHtml(req)) return page(req, res, target)
      res.setHeader('Cache-Control', 'no-store')
      const refusal = crossSiteRefusal(req, trusted) ?? methodRefusal(req, res) ?? parametersRefusal(target)
      if (refusal !== null) return refuse(res, refusal)
      if (req.method === 'POST' && !(await keepsBodyLimit(req))) return refuseBody(req, res)
      return graphql(req, res)
    },
  }
}

function methodRefusal(req: IncomingMessage, res: ServerResponse): Refusal | null {
  if (req.method === 'POST') return isJson(req) ? null : noJson
  if (req.method === 'GET') return null
  res.setHeader('Allow', 'GET, POST, OPTIONS')
  return noHead
}

/** What the specification wants as JSON in a URL; Yoga takes what is not for a fault of its own. */
function parametersRefusal({ search }: Target): Refusal | null {
  if (search === '') return null
  const parameters = new URLSearchParams(search)
  const wrong = ['variables', 'extensions'].find((name) => !isJsonObject(parameters.get(name)))
  if (wrong === undefined) return null
  return { status: 400, code: 'BAD_USER_INPUT', message: `${wrong}: expected an object as JSON` }
}

function isJsonObject(text: string | null): boolean {
  if (text === null || text === '') return true
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value)
  } catch {
    return false
  }
}

/** The other types that a form can send without asking first would make every mutation forgeable. */
function isJson({ headers }: IncomingMessage): boolean {
  if (headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') return false
  // Yoga knows it in this spelling only.
  headers['content-type'] = 'application/json'
  return true
}
