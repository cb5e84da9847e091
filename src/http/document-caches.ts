import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

/** Bytes that a parsed document takes for each of its tokens, as measured. */
const bytesPerToken = 300
/** Bytes of parsed documents, and of texts that are none. */
const maxDocuments = 32 * 1024 * 1024
const maxMistakes = 1024 * 1024

/** What Yoga remembers of the texts that it has parsed, so that neither many nor large ones fill the memory. */
export function documentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({ maxSize: maxDocuments, sizeCalculation: bytesOf }),
    errorCache: new LRUCache<string, Error>({ maxSize: maxMistakes, sizeCalculation: (_, text) => text.length + 1 }),
  }
}

function bytesOf({ loc }: DocumentNode, text: string): number {
  let tokens = 1
  for (let token = loc?.startToken; token; token = token.next ?? undefined) tokens += 1
  return text.length + tokens * bytesPerToken
}
