import { join } from 'node:path'
import type { Config } from '../../config.ts'

/** Where the demo's recordings go: into a folder also where real ones would be in a bucket. */
export function demoRecordings({ recordings: { store }, dataDirectory }: Config): string {
  return store.kind === 'directory' ? store.directory : join(dataDirectory, 'recordings')
}
