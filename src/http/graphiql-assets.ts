import { createHash } from 'node:crypto'
import { compressed, type Compressed } from './compressed.ts'

export interface Assets {
  /** Changes with the content; part of every asset's URL. */
  readonly version: string
  readonly files: ReadonlyMap<string, () => Promise<Compressed>>
}

/** Reads the assets on first use: they are nine megabytes that most processes never serve. */
export async function loadAssets(): Promise<Assets> {
  const { css, js, editorWorkerService, jsonWorker, graphqlWorker } =
    await import('@graphql-yoga/render-graphiql/graphiql')
  const script = 'text/javascript; charset=utf-8'
  const texts = [
    ['graphiql.css', `${css}\n${styleFixes}`, 'text/css; charset=utf-8'],
    ['graphiql.js', `${workerUrls}\n${js}\n${start}`, script],
    ['editorWorkerService.js', editorWorkerService, script],
    ['json.js', jsonWorker, script],
    ['graphql.js', graphqlWorker, script],
  ] as const
  const hash = createHash('sha256')
  for (const [, text] of texts) hash.update(text)
  return {
    version: hash.digest('hex').slice(0, 16),
    files: new Map(texts.map(([name, text, type]) => [name, once(() => compressed(text, type))])),
  }
}

/** The editor asks for its workers by label; they are files beside the script. */
const workerUrls = /* JavaScript */ `
{
  const base = document.currentScript.src
  self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => new URL(label + '.js', base).href }
}`

/** The page puts every edit into its URL, from which a reload would make one more tab. */
const start = /* JavaScript */ `
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  ...JSON.parse(document.querySelector('#options').textContent),
  onEditQuery: () => history.replaceState({}, '', location.pathname),
})`

/**
 * The style holds a tab back from where its animation has left it, but not once it has the focus: pressing the mouse
 * on a tab moves it from under the pointer, and the click is lost.
 */
const styleFixes = '.graphiql-tab { transform: none !important }'

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}
