import { createHash } from 'node:crypto'
import { compressed, type Compressed } from './compressed.ts'
import { before, after, styles } from './graphiql-browser.ts'

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
    ['graphiql.css', `${css}\n${styles}`, 'text/css; charset=utf-8'],
    ['graphiql.js', `${before}\n${js}\n${after}`, script],
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

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}
