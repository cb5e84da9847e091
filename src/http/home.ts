import { notFound, refuse } from './answers.ts'
import { wantsHtml } from './negotiation.ts'
import type { Route } from './route.ts'

/** A person who opens the bare address means the page. */
export const homeRoute: Route = {
  path: '/',
  methods: ['GET', 'HEAD'],
  handle(req, res) {
    if (!wantsHtml(req)) return refuse(res, notFound)
    res.writeHead(302, { Location: '/graphql', 'Cache-Control': 'no-store' }).end()
  },
}
