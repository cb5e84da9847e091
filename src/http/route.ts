import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Target } from './target.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse, target: Target) => unknown

/** One line of the route table. */
export interface Route {
  /** The path it answers; what lies below it too when `below` is set. Also its name in metrics and logs. */
  readonly path: string
  readonly below?: true
  readonly methods: readonly string[]
  /** Whether the origins of CORS_ORIGINS may read the answers. */
  readonly cors?: true
  readonly handle: Handler
}

export function findRoute(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((route) => (route.below ? path.startsWith(`${route.path}/`) : path === route.path))
}
