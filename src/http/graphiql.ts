import { notFound, refuse } from './answers.ts'
import { compressed, sendCompressed } from './compressed.ts'
import { loadAssets, type Assets } from './graphiql-assets.ts'
import { graphiqlPage } from './graphiql-page.ts'
import { plainTabs, type GraphiqlTab } from './graphiql-tabs.ts'
import type { Handler, Route } from './route.ts'
import { pagePolicy } from './security-headers.ts'

export type GraphiqlTabs = () => readonly GraphiqlTab[] | Promise<readonly GraphiqlTab[]>

/** GraphiQL without any outside asset: a small page, and the nine megabytes it runs on, which browsers keep for good. */
export function createGraphiql(tabs: GraphiqlTabs = plainTabs): { page: Handler; assets: Route } {
  let loading: Promise<Assets> | null = null
  const load = (): Promise<Assets> => (loading ??= loadAssets())

  const page: Handler = async (req, res) => {
    const { version } = await load()
    const html = graphiqlPage(version, await tabs())
    res.setHeader('Content-Security-Policy', pagePolicy)
    sendCompressed(req, res, await compressed(html, 'text/html; charset=utf-8'), 'no-cache')
  }
  const assets: Route = {
    path: '/graphql/assets',
    below: true,
    methods: ['GET', 'HEAD'],
    async handle(req, res, { path }) {
      const { version, files } = await load()
      const file = files.get(path.slice(`/graphql/assets/${version}/`.length))
      if (file === undefined || !path.startsWith(`/graphql/assets/${version}/`)) return refuse(res, notFound)
      sendCompressed(req, res, await file(), 'public, max-age=31536000, immutable')
    },
  }
  return { page, assets }
}
