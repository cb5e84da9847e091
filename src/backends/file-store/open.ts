import type { Config, StoreConfig } from '../../config.ts'
import type { FileStore, FileStores } from '../file-store.ts'
import { openDirectoryStore } from './directory.ts'

/** In buckets recordings are where Yeti puts them, leading slash included. */
const prefixes = { recordings: '/record/', exports: '' } as const

/** Opens both stores. Nothing is asked of a storage yet: it may be away when the gateway starts. */
export async function openFileStores({
  recordings,
  exports,
}: Pick<Config, 'recordings' | 'exports'>): Promise<FileStores> {
  const stores = {
    recordings: await openFileStore(recordings.store, prefixes.recordings),
    exports: await openFileStore(exports.store, prefixes.exports),
  }
  return {
    ...stores,
    [Symbol.dispose]() {
      for (const store of Object.values(stores)) store[Symbol.dispose]()
    },
  }
}

/** `prefix` is what stands before a file's name in a bucket. */
export async function openFileStore(config: StoreConfig, prefix = ''): Promise<FileStore> {
  if (config.kind === 'directory') return openDirectoryStore(config.directory)
  // Amazon's library costs a start 150 ms and 20 MB.
  const { openS3Store } = await import('./s3.ts')
  return openS3Store({ ...config, prefix })
}
